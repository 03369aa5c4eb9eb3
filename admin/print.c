/* What the verbs print, and how they open files in directories that others write to. */

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "admin/admin.h"
#include "lib/clock.h"

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
