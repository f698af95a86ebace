/* SPDX-License-Identifier: GPL-2.0-or-later */
/* card: a KMS card as its owner (DRM master) opens it, and a mode of our own for it. */
#ifndef ZEROVNC_CARD_H
#define ZEROVNC_CARD_H

#include <stdint.h>
#include <xf86drmMode.h>

/*
 * Becomes master of a card, which is to be told of all planes. `card`: a node, or the name of a driver
 * ("vkms", "virtio_gpu", "bochs-drm"): its first card. -1 with errno.
 */
int card_open(const char *card);

/* A mode with the smallest blanking that drivers take, whether or not a connector has it. */
void card_make_mode(uint32_t width, uint32_t height, uint32_t refresh, drmModeModeInfo *mode);

#endif
