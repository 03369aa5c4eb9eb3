/* Lines for operators on standard error: "program: subject: what: cause". */

#ifndef BAAS_LIB_LOG_H
#define BAAS_LIB_LOG_H

#include <stdint.h>

/* The program's name for all further lines; not copied. */
void log_open(const char *program);

/*
 * From now on a fault that was logged within the last ms is only counted, and the count told with its next line: for
 * who runs long and tries again and again.
 */
void log_repeats(int64_t ms);

/*
 * One line in one write: printable ASCII, anything else escaped as \xNN, cut
 * at 1,000 bytes.  Never a secret, an email or a request's body.  log_fault is
 * for what went wrong, log_note for what an operator likes to read.
 */
void log_fault(const char *subject, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_note(const char *subject, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
