/* What the verbs share: how they print, whom they act as, how they open files in directories that others write to. */

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "admin/admin.h"
#include "lib/clock.h"
#include "lib/crypt.h"
#include "lib/event.h"
#include "lib/log.h"
#include "lib/person.h"

void
admin_print(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0))
			printf("\\x%02x", *p);
		else
			putchar(*p);
	}
}

void
admin_field(const char *label, const char *text)
{
	if (*text == '\0')
		return;
	printf("%-12s ", label);
	admin_print(text);
	putchar('\n');
}

void
admin_when(const char *label, int64_t at)
{
	char words[32];

	clock_words(at, clock_now(), words);
	admin_field(label, at == 0 ? "never" : words);
}

void
admin_print_event(void *ctx, const struct event *event)
{
	char when[32];

	(void)ctx;
	clock_words(event->at, clock_now(), when);
	printf("  %s  %s  %s  ", when, event_word(event->what), event->actor);
	admin_print(event->detail);
	putchar('\n');
}

void
admin_actor(char out[ADMIN_ACTOR_CAP])
{
	const struct passwd *user = getpwuid(getuid());

	if (user == NULL)
		snprintf(out, ADMIN_ACTOR_CAP, "shell:%lu", (unsigned long)getuid());
	else
		snprintf(out, ADMIN_ACTOR_CAP, "shell:%.*s", ADMIN_ACTOR_CAP - 7, user->pw_name);
}

enum err
admin_event(struct admin *admin, int what, int64_t person, const char *detail)
{
	struct event event = { .at = clock_now(), .person = person, .what = (enum event_what)what };

	admin_actor(event.actor);
	snprintf(event.detail, sizeof(event.detail), "%s", detail);
	return event_add(admin->db, &event);
}

enum err
admin_person(struct admin *admin, const char *email, struct person *out)
{
	char		folded[PERSON_EMAIL_CAP], hash[CRYPT_PASSWORD_CAP];
	enum err	err = person_email(email, folded);

	if (err == ERR_OK)
		err = person_by_email(admin->db, folded, out, hash);
	if (err == ERR_NOTFOUND || err == ERR_INVALID)
		log_fault("person", "nobody has that email: baas person list has all");
	return err;
}

int
admin_open(const char *dir, const char *name, const char *file)
{
	int	top, sub, fd = -1;

	if ((top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	if ((sub = openat(top, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) != -1) {
		fd = openat(sub, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		close(sub);
	}
	close(top);
	return fd;
}
