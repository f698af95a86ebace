/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session: the policy, and the only module that knows all the others. It connects the frame thread, the
 * viewers, the gateway, the input devices and the control socket, and decides who may do what. Loop thread.
 */
#ifndef ZEROVNC_SESSION_H
#define ZEROVNC_SESSION_H

#include <uv.h>

#include "capture/base/reason.h"
#include "server/config/config.h"

struct session;

/* Opens everything and begins to serve on the loop. 0 or -errno with a reason. `config` must outlive the
 * session, which changes it when it reads it again. */
int session_create(uv_loop_t *loop, struct config *config, struct session **session, struct reason *reason);

/* Reads the configuration again (reload.h). `who` asks for it, for the log. */
void session_reload(struct session *session, const char *who);

/* Stops serving: ends viewers, threads and devices, and closes its handles on the loop. Run the loop to its
 * end afterwards. Takes NULL. */
void session_destroy(struct session *session);

#endif
