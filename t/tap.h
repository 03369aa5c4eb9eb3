/* Test Anything Protocol: one line a check, the count at the end. */

#ifndef BAAS_T_TAP_H
#define BAAS_T_TAP_H

#include <stdint.h>

/* Each prints one line; a failed one says what was wanted and what came. */
void ok(int good, const char *what, ...) __attribute__((format(printf, 2, 3)));
void is_int(int64_t want, int64_t got, const char *what);
void is_str(const char *want, const char *got, const char *what);

/* "# words": for whoever reads the log. */
void diag(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A new empty directory under TMPDIR (or /tmp), removed by tap_end.  Static text. */
const char *tap_dir(void);

/* Prints the plan ("1..N"); the exit status of main: 0 if every check was good and there was one at all. */
int tap_end(void);

#endif
