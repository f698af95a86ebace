/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_gateway: what the gateway is told of the configuration, at the start and by each reload. */
#ifndef ZEROVNC_CONFIG_GATEWAY_H
#define ZEROVNC_CONFIG_GATEWAY_H

#include "server/net/gateway.h"

struct config;

enum { CONFIG_NAME_SIZE = 128 }; /* of the desktop's name, with its end */

/* Fills the options. Their strings belong to the configuration, and the desktop's name is written to `name`.
 */
void config_gateway(
	const struct config *config, char name[CONFIG_NAME_SIZE], struct gateway_options *options);

#endif
