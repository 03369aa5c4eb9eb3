/* What a process may touch from now on: Landlock, no new privileges, no core dumps, no capabilities. */

#ifndef BAAS_LIB_JAIL_H
#define BAAS_LIB_JAIL_H

#include "lib/err.h"

struct jail {
	const char *const	*readable;	/* paths: read and execute; NULL at the end; missing ones are passed over */
	const char *const	*writable;	/* paths: anything but execute and devices; NULL at the end */
	int			 bind_port;	/* the one TCP port to listen on (kernels with Landlock 4); 0: none; -1: any */
	int			 connect;	/* 1: TCP connects are allowed */
};

/* For every process that secrets pass through: no core dumps, no programs with more rights than it has.  ERR_FAULT: logged. */
enum err jail_restrain(void);

/* And for one that nobody has to find by its environment: no debuggers, nothing of it in /proc for others of its user. */
enum err jail_harden(void);

/* The Landlock version of this kernel, 0 if it has none. */
int jail_version(void);

/*
 * Closes it behind this process and all that it starts.  Without Landlock: one
 * loud line, ERR_OK, and all but Landlock is still done.  ERR_FAULT (logged) otherwise.
 */
enum err jail_enter(const struct jail *jail);

#endif
