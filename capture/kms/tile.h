/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kms_tile: which part of a monitor a connector drives, by its property TILE. */
#ifndef ZEROVNC_KMS_TILE_H
#define ZEROVNC_KMS_TILE_H

#include <stdint.h>

#include "capture/head.h"
#include "capture/kms/device.h"

/* All 0 if the connector drives a whole monitor or none, or if that cannot be read. */
void kms_tile_read(const struct kms_device *device, uint32_t connector_id, struct head_tile *tile);

#endif
