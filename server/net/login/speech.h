/* SPDX-License-Identifier: GPL-2.0-or-later */
/* speech: the protocol that a client speaks, as its first byte shows. Pure. */
#ifndef ZEROVNC_SPEECH_H
#define ZEROVNC_SPEECH_H

#include <stdint.h>

enum speech { SPEECH_RFB, SPEECH_TLS, SPEECH_HTTP };

static inline enum speech speech_of(uint8_t first) {
	enum { TLS_HANDSHAKE_RECORD = 22 };
	if (first == TLS_HANDSHAKE_RECORD)
		return SPEECH_TLS;
	/* HTTP's methods are written in capitals. The only word that RFB begins with starts with an R. */
	return first >= 'A' && first <= 'Z' && first != 'R' ? SPEECH_HTTP : SPEECH_RFB;
}

#endif
