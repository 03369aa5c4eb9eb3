/* What the parts of baas doctor share. */

#ifndef BAAS_ADMIN_DOCTOR_PART_H
#define BAAS_ADMIN_DOCTOR_PART_H

struct admin;

enum verdict { OK, WARN, BAD };

/* What one examination has found. */
struct visit {
	struct admin	*admin;
	int		 bad;	/* how many */
};

/* One line: the verdict, what was looked at, how it is, and what to do. */
void doctor_say(struct visit *visit, enum verdict verdict, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* With a cloud, or Salt: what the worker and the masters need.  The database must be open, or admin->db NULL. */
void doctor_cloud(struct visit *visit);

/* Where users.* are apart: who owns what, and what each of them can open.  1; else 0, and nothing is said. */
int doctor_owners(struct visit *visit);

#endif
