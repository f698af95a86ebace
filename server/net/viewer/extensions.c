/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/viewer/extensions.h"

#include "server/rfb/protocol.h"

const int32_t extensions_cursor_shapes[] = {
	ENCODING_CURSOR_WITH_ALPHA, ENCODING_VMWARE_CURSOR, ENCODING_RICH_CURSOR, 0};
const int32_t extensions_cursor_places[] = {ENCODING_POINTER_POSITION, ENCODING_VMWARE_POSITION, 0};
