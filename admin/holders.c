/* Which other processes have a file open, as far as this user may know: /proc. */

#include <sys/stat.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "lib/buf.h"

/* 1 if one of the process's descriptors is that file. */
static int
holds(const char *pid, const struct stat *file)
{
	struct dirent	*entry;
	struct stat	 st;
	char		 path[64];
	DIR		*dir;
	int		 found = 0, n = snprintf(path, sizeof(path), "/proc/%s/fd", pid);

	if (n < 0 || (size_t)n >= sizeof(path) || (dir = opendir(path)) == NULL)
		return 0;
	while (!found && (entry = readdir(dir)) != NULL)
		found = isdigit((unsigned char)entry->d_name[0]) && fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 &&
		    st.st_dev == file->st_dev && st.st_ino == file->st_ino;
	closedir(dir);
	return found;
}

/* "agents (1234)" */
static void
tell(struct buf *out, const char *pid)
{
	char	 path[64], name[32] = "";
	FILE	*file;
	int	 n = snprintf(path, sizeof(path), "/proc/%s/comm", pid);

	if (n > 0 && (size_t)n < sizeof(path) && (file = fopen(path, "re")) != NULL) {
		if (fgets(name, sizeof(name), file) == NULL)
			name[0] = '\0';
		fclose(file);
	}
	name[strcspn(name, "\n")] = '\0';
	buf_fmt(out, "%s%s (%s)", out->len == 0 ? "" : ", ", name, pid);
}

int
admin_holders(const struct stat *file, struct buf *out)
{
	struct dirent	*entry;
	DIR		*dir = opendir("/proc");
	int		 n = 0;

	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]) || strtol(entry->d_name, NULL, 10) == getpid() ||
		    !holds(entry->d_name, file))
			continue;
		n++;
		if (out != NULL)
			tell(out, entry->d_name);
	}
	closedir(dir);
	return n;
}
