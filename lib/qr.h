/* A QR code as the d of an SVG path: the only user of libqrencode. */

#ifndef BAAS_LIB_QR_H
#define BAAS_LIB_QR_H

#include "lib/err.h"

struct buf;

/*
 * Appends the path for text (level M), in units of one module, two modules of quiet zone included, one horizontal
 * stroke per run ("M2 2h7M10 2h3", to be drawn half a unit lower); *size becomes the side of the square.
 * ERR_INVALID: empty, or too long for a code (2,331 bytes).
 */
enum err qr_path(const char *text, struct buf *path, int *size);

#endif
