/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * security: the table of security types, and which of them a listener may offer.
 */
#ifndef ZEROVNC_SECURITY_H
#define ZEROVNC_SECURITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "encode/rfb/protocol.h"

enum security {
	SECURITY_X509_PLAIN,
	SECURITY_X509_VNC,
	SECURITY_TLS_PLAIN,
	SECURITY_TLS_VNC,
	SECURITY_RA2_256,
	SECURITY_RA2,
	SECURITY_RA2NE_256,
	SECURITY_RA2NE,
	SECURITY_PLAIN, /* only inside a TLS that was there before RFB (wss) */
	SECURITY_VNC,
	SECURITY_X509_NONE,
	SECURITY_TLS_NONE,
	SECURITY_NONE,
	SECURITY_COUNT,
};

enum security_proof {
	SECURITY_PROOF_NONE,
	SECURITY_PROOF_PASSWORD,
	SECURITY_PROOF_USER,
	SECURITY_PROOF_EITHER
};

struct security_info {
	const char *option; /* "x509-vnc": as written in --security */
	const char *name;   /* "X509Vnc": as people and viewers call it */
	uint8_t rfb;        /* the type's number in RFB */
	uint32_t vencrypt;  /* the subtype's number in VeNCrypt; 0: not part of it */
	bool tls, x509;     /* it starts TLS; it does so with a certificate */
	bool encrypted;     /* everything after the handshake is encrypted */
	enum security_proof proof;
};

extern const struct security_info security_infos[SECURITY_COUNT];

/* A set of types in the server's order of preference. */
struct security_list {
	enum security types[SECURITY_COUNT];
	size_t count;
};

bool security_list_has(const struct security_list *list, enum security type);

/* Parses "x509-vnc,vncauth". Returns 0, or -EINVAL with a reason that names the known types. */
int security_list_parse(const char *text, struct security_list *list, struct reason *reason);

/* The types to offer if --security was not given: sets `list` to the safe default. `exposed`: other machines
 * can reach the listener. Returns 0, or -EACCES with the remedy if there is no safe way. */
int security_list_default(bool exposed, bool has_password, struct security_list *list, struct reason *reason);

/* Puts this type first, whether the list had it or not. */
void security_list_prefer(struct security_list *list, enum security type);

/* Checks the administrator's list: a type that asks for a password needs a file with one, and a type that
 * asks for a user's name needs somebody who may log in by it. Returns 0, or -EINVAL with a reason. */
int security_list_check(
	const struct security_list *list, bool has_password, bool has_users, struct reason *reason);

/* For a viewer that we called: puts RSA-AES first, then TLS without a certificate, then X.509. Such a viewer
 * has no name of ours to compare a certificate with, and TigerVNC's 1.12 crashes over that. */
void security_list_called(struct security_list *list);

/* For a connection that already came through TLS (wss): removes VeNCrypt's wrapping from the types and keeps
 * the proof that they ask for. */
void security_list_inside_tls(struct security_list *list);

#endif
