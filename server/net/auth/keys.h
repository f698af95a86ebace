/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys: the keys and certificates with which the security types encrypt. Those that nothing may use are not
 * loaded. */
#ifndef ZEROVNC_KEYS_H
#define ZEROVNC_KEYS_H

#include "capture/base/reason.h"
#include "server/net/transport/tls.h"

struct auth_rsa_key;
struct certificate_source;
struct gateway_options;
struct policy;

struct keys {
	struct tls tls;
	struct certificate_source *certificates; /* NULL: no type that needs one is offered */
	struct auth_rsa_key *rsa_key;            /* NULL: no RSA-AES type is offered */
};

/* Loads, and makes if there are none, the keys that this policy needs. `keys` must be zeroed before. Returns
 * 0, or -errno with a reason. */
int keys_load(struct keys *keys, const struct policy *policy, const struct gateway_options *options,
	struct reason *reason);
void keys_finish(struct keys *keys); /* takes zeroed ones */

#endif
