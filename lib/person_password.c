/* What a password may be, and the form in which it is hashed. */

#include "lib/person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/unicode.h"

enum { COMMON_MAX = 64 };		/* bytes; none on the list is longer */

/* The list is folded, one a line, with a line's end before the first too. */
static int
is_common(const char *password)
{
	char	line[COMMON_MAX + 3];
	int	n = snprintf(line, sizeof(line), "\n%s\n", password);

	if (n < 0 || (size_t)n >= sizeof(line) || strchr(password, '\n') != NULL)
		return 0;
	for (char *c = line; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return strstr(person_common, line) != NULL;
}

const char *
person_password_fault(const char *typed)
{
	char		*normal;
	const char	*fault = NULL;
	size_t		 n = strlen(typed);

	if (n < PERSON_PASSWORD_MIN || n > PERSON_PASSWORD_MAX)
		return "use 10 letters or more, and no more than 1,024";
	if (person_password_normal(typed, &normal) != ERR_OK)
		return "that can't be read. type it again.";
	if (strlen(normal) < PERSON_PASSWORD_MIN)
		fault = "use 10 letters or more, and no more than 1,024";
	else if (is_common(normal))
		fault = "that password is on every list of common ones. a silly sentence is better.";
	explicit_bzero(normal, strlen(normal));
	free(normal);
	return fault;
}

enum err
person_password(const char *typed)
{
	return person_password_fault(typed) == NULL ? ERR_OK : ERR_INVALID;
}

enum err
person_password_normal(const char *typed, char **out)
{
	return unicode_nfkc(typed, out);
}
