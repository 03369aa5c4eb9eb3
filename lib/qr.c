/* A QR code as the d of an SVG path. */

#include "lib/qr.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/log.h"

enum { QUIET = 2 };

/* One row's runs of dark modules. */
static void
add_row(struct buf *path, const unsigned char *row, int width, int y)
{
	int start;

	for (int x = 0; x < width; x++) {
		if ((row[x] & 1) == 0)
			continue;
		for (start = x; x < width && (row[x] & 1) != 0; x++)
			;
		buf_fmt(path, "M%d %dh%d", start + QUIET, y + QUIET, x - start);
	}
}

enum err
qr_path(const char *text, struct buf *path, int *size)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);

	if (code == NULL && (errno == ERANGE || errno == EINVAL))
		return ERR_INVALID;
	if (code == NULL) {
		log_fault("qr", "%s", strerror(errno));
		return ERR_FAULT;
	}
	for (int y = 0; y < code->width; y++)
		add_row(path, code->data + y * code->width, code->width, y);
	*size = code->width + 2 * QUIET;
	QRcode_free(code);
	return buf_error(path);
}
