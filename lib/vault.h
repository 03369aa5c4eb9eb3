/* The vault: pub secrets are sealed to its public half; only worker and pillar have the other. */

#ifndef BAAS_LIB_VAULT_H
#define BAAS_LIB_VAULT_H

#include <stddef.h>

#include "lib/err.h"

struct conf;
struct secret;

/*
 * Makes a new key pair in the files vault.public (0644) and vault.secret (0600).  ERR_EXISTS if both are there;
 * only one is a fault, logged: nothing is ever written over a key.
 */
enum err vault_new(const struct conf *conf);

/* Seals a secret: *out (n bytes) is the caller's to free. */
enum err vault_seal(const struct conf *conf, const struct secret *plain, unsigned char **out, size_t *n);

/*
 * Opens what was sealed and checks that it is the secret of the pub whose public id is id
 * (rows can be swapped in a database): else ERR_FAULT, logged.  *plain is the caller's to free.
 */
enum err vault_open(const struct conf *conf, const char *id, const unsigned char *sealed, size_t n,
    struct secret **plain);

#endif
