/* worker/seed.c: what a server's first boot is told, and what is never written into it. */

#include "worker/seed.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/server.h"
#include "t/fixture.h"
#include "t/tap.h"

#define VOLUME	"0a1b2c3d-4e5f-6789-abcd-ef0123456789"
#define PRIVATE	"-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA0Z3V\nS5JJcds3xfn/ygWyF+8=\n-----END RSA PRIVATE KEY-----\n"
#define MASTER	"-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0B\n-----END PUBLIC KEY-----"

/* A configuration of these lines, in a file of its own. */
static struct conf *
configure(const char *lines)
{
	static int	 n;
	char		 path[PATH_MAX];
	struct conf	*conf = NULL;
	FILE		*file;

	snprintf(path, sizeof(path), "%s/conf%d", tap_dir(), n++);
	file = fopen(path, "we");
	if (file == NULL || fputs(lines, file) == EOF || fclose(file) != 0 || conf_open(path, &conf) != ERR_OK) {
		printf("Bail out! %s\n", path);
		exit(99);
	}
	return conf;
}

/* With the template that is shipped, and this salt.master. */
static struct conf *
shipped(const char *master)
{
	char		 lines[PATH_MAX + 600], path[PATH_MAX];
	const char	*srcdir = getenv("srcdir");

	snprintf(lines, sizeof(lines), "%s/etc/first-boot.yaml", srcdir == NULL ? "." : srcdir);
	if (realpath(lines, path) == NULL) {
		printf("Bail out! %s\n", lines);
		exit(99);
	}
	snprintf(lines, sizeof(lines), "scaleway.first_boot = %s\nsalt.master = %s\n", path, master);
	return configure(lines);
}

/* With a template of this text. */
static struct conf *
template(const char *text)
{
	char	 lines[PATH_MAX + 100], path[PATH_MAX];
	FILE	*file;

	snprintf(path, sizeof(path), "%s/template", tap_dir());
	file = fopen(path, "we");
	if (file == NULL || fputs(text, file) == EOF || fclose(file) != 0) {
		printf("Bail out! %s\n", path);
		exit(99);
	}
	snprintf(lines, sizeof(lines), "scaleway.first_boot = %s\nsalt.master = salt.example.org\n", path);
	return configure(lines);
}

static struct server
server(void)
{
	struct server server = { .id = 1 };

	snprintf(server.minion, sizeof(server.minion), "p17-g1");
	snprintf(server.volume_id, sizeof(server.volume_id), VOLUME);
	return server;
}

static enum err
seed(struct conf *conf, const struct server *server, struct buf *out)
{
	enum err err = seed_text(conf, server, PRIVATE, MASTER, out);

	conf_close(conf);
	return err;
}

static void
has(const struct buf *text, const char *part, const char *what)
{
	ok(strstr(buf_text(text), part) != NULL, "it has %s", what);
}

static void
check_values(void)
{
	struct server	one = server();
	struct buf	text = { 0 };

	is_int(ERR_OK, seed(shipped("salt.example.org"), &one, &text), "the shipped template is filled");
	is_int(1, text.wipe, "and will be wiped");
	ok(strncmp(buf_text(&text), "#cloud-config\n", 14) == 0, "it says what it is");
	ok(text.len <= SEED_MAX - 3400, "there is room for keys of 4096 bits: %zu bytes", text.len);
	has(&text, "\n    id: 'p17-g1'\n    master: 'salt.example.org'\n    master_port: 4506\n    publish_port: 4505\n", "the minion and its master");
	has(&text, "\n    -----BEGIN RSA PRIVATE KEY-----\n    MIIEpAIBAAKCAQEA0Z3V\n    S5JJcds3xfn/ygWyF+8=\n    -----END RSA PRIVATE KEY-----\n\n",
	    "the private key as a block");
	has(&text, "\n    -----BEGIN PUBLIC KEY-----\n    MIIBIjANBgkqhkiG9w0B\n    -----END PUBLIC KEY-----\n\n",
	    "the master's");
	has(&text, "volume=/dev/disk/by-id/scsi-0SCW_sbs_volume-" VOLUME "\n", "the volume's path");
	has(&text, "tcp dport >= 8008 tcp dport <= 9007 accept", "the bots' ports");
	buf_clear(&text);
	is_int(ERR_OK, seed(shipped("127.0.0.1:20001:20002"), &one, &text), "a master with ports of its own");
	has(&text, "    master: '127.0.0.1'\n    master_port: 20001\n    publish_port: 20002\n", "these");
	buf_clear(&text);
}

static void
check_template(void)
{
	static const struct {
		const char	*text;
		enum err	 err;
		const char	*want;
	} rows[] = {
		{ "a@b.c @MINION@@VOLUME@ @", ERR_OK, "a@b.c p17-g1" VOLUME " @" },
		{ "@minion@ @MINION ", ERR_OK, "@minion@ @MINION " },
		{ "  @MASTER_KEY@\nx", ERR_OK, "  -----BEGIN PUBLIC KEY-----\n  MIIBIjANBgkqhkiG9w0B\n  -----END PUBLIC KEY-----\nx" },
		{ "@PASSWORD@", ERR_INVALID, NULL },
		{ "@_@", ERR_INVALID, NULL },
	};
	struct server	one = server();
	struct buf	text = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		is_int(rows[i].err, seed(template(rows[i].text), &one, &text), "a template");
		if (rows[i].want != NULL)
			is_str(rows[i].want, buf_text(&text), "as wanted");
		buf_clear(&text);
	}
	is_int(ERR_FAULT, seed(configure("scaleway.first_boot = /nowhere/at/all\nsalt.master = a\n"), &one, &text), "no template");
	buf_clear(&text);
}

/* 16 KiB and not a byte more. */
static void
check_size(void)
{
	char		much[SEED_MAX + 2];
	struct server	one = server();
	struct buf	text = { 0 };

	memset(much, 'x', sizeof(much));
	much[SEED_MAX] = '\0';
	is_int(ERR_OK, seed(template(much), &one, &text), "a text of 16 KiB");
	is_int(SEED_MAX, (int64_t)text.len, "is whole");
	buf_clear(&text);
	much[SEED_MAX] = 'x';
	much[SEED_MAX + 1] = '\0';
	is_int(ERR_INVALID, seed(template(much), &one, &text), "one byte more is too much");
	buf_clear(&text);
}

static void
check_ids(void)
{
	static const char *const minions[] = { "", "-a", "P17", "p17.g1", "p17'", "p17 g1", "p17\nx: y", "p/17", "p:17", "p17\xc3\xa9" };
	static const char *const volumes[] = { "", "0a1b2c3d", "0A1B2C3D-4e5f-6789-abcd-ef0123456789",
		"0a1b2c3d-4e5f-6789-abcd-ef012345678", "0a1b2c3d-4e5f-6789-abcd-ef01234567890",
		"0a1b2c3d-4e5f-6789-abcd-ef0123456$(x", "0a1b2c3d_4e5f-6789-abcd-ef0123456789", "../../../../../../../../../../../sda" };
	struct server	one;
	struct buf	text = { 0 };

	for (size_t i = 0; i < sizeof(minions) / sizeof(minions[0]); i++) {
		one = server();
		snprintf(one.minion, sizeof(one.minion), "%s", minions[i]);
		is_int(ERR_INVALID, seed(shipped("a"), &one, &text), "a minion's id that is none");
	}
	for (size_t i = 0; i < sizeof(volumes) / sizeof(volumes[0]); i++) {
		one = server();
		snprintf(one.volume_id, sizeof(one.volume_id), "%s", volumes[i]);
		is_int(ERR_INVALID, seed(shipped("a"), &one, &text), "a volume's id that is none");
	}
	is_int(0, (int64_t)text.len, "nothing is written");
	buf_clear(&text);
}

static void
check_masters(void)
{
	static const struct {
		const char	*master;
		enum err	 err;
	} rows[] = {
		{ "", ERR_INVALID }, { "a:1", ERR_INVALID }, { "a:1:", ERR_INVALID }, { "a::1", ERR_INVALID }, { ":1:2", ERR_INVALID },
		{ "a:1:2:3", ERR_INVALID }, { "a:0:2", ERR_INVALID }, { "a:1:65536", ERR_INVALID }, { "a:1:2x", ERR_INVALID },
		{ "a: 1:2", ERR_INVALID }, { "a:-1:2", ERR_INVALID }, { "a'b", ERR_INVALID }, { "-a", ERR_INVALID },
		{ "a b", ERR_INVALID }, { "http://a", ERR_INVALID }, { "2001:db8::1", ERR_INVALID }, { "a/b", ERR_INVALID },
		{ "a:1:65535", ERR_OK }, { "A-1.example.org", ERR_OK }, { "10.0.0.1", ERR_OK },
	};
	struct server	one = server();
	struct buf	text = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		is_int(rows[i].err, seed(shipped(rows[i].master), &one, &text), rows[i].master);
		buf_clear(&text);
	}
}

static void
check_keys(void)
{
	static const char *const bad[] = {
		"", "x", "-----BEGIN RSA PRIVATE KEY-----\n", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n", MASTER,
		"x\n" PRIVATE, PRIVATE "x", PRIVATE "\n", PRIVATE PRIVATE,
		"-----BEGIN RSA PRIVATE KEY-----\n\nMIIE\n-----END RSA PRIVATE KEY-----\n",
		"-----BEGIN RSA PRIVATE KEY-----\nMIIE\r\n-----END RSA PRIVATE KEY-----\n",
		"-----BEGIN RSA PRIVATE KEY-----\nMI:E\n-----END RSA PRIVATE KEY-----\n",
		"-----BEGIN RSA PRIVATE KEY-----\n MIIE\n-----END RSA PRIVATE KEY-----\n",
		"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PUBLIC KEY-----\n",
		"-----BEGIN RSA' PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n",
		"-----BEGIN RSA PRIVATE KEY-----\n@MASTER@\n-----END RSA PRIVATE KEY-----\n",
	};
	struct server	 one = server();
	struct conf	*conf = shipped("a");
	struct buf	 text = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is_int(ERR_INVALID, seed_text(conf, &one, bad[i], MASTER, &text), "a private key that is none");
	is_int(ERR_INVALID, seed_text(conf, &one, PRIVATE, PRIVATE, &text), "a private key in the public one's place");
	is_int(0, (int64_t)text.len, "nothing is written");
	is_int(ERR_OK, seed_text(conf, &one, "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", MASTER, &text),
	    "one in PKCS 8 is fine");
	buf_clear(&text);
	conf_close(conf);
}

int
main(void)
{
	check_values();
	check_template();
	check_size();
	check_ids();
	check_masters();
	check_keys();
	return tap_end();
}
