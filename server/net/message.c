/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/message.h"

#include <errno.h>
#include <string.h>

#include "server/net/bytes.h"

static const uint8_t *rectangle(const uint8_t *bytes, struct message_rectangle *area) {
	*area = (struct message_rectangle){
		bytes_get16(bytes), bytes_get16(bytes + 2), bytes_get16(bytes + 4), bytes_get16(bytes + 6)};
	return bytes + 8;
}

static bool channel_fits(uint16_t max, uint8_t shift, uint8_t bits_per_pixel) {
	unsigned bits = 0;
	for (unsigned rest = max; rest & 1; rest >>= 1)
		bits++;
	return max && max == (1u << bits) - 1 && shift + bits <= bits_per_pixel;
}

static ssize_t pixel_format(const uint8_t *bytes, struct message *message, struct reason *reason) {
	const uint8_t *format = bytes + 4;
	uint8_t bits_per_pixel = format[0], depth = format[1];
	if ((bits_per_pixel != 8 && bits_per_pixel != 16 && bits_per_pixel != 32) || depth < 1 ||
		depth > bits_per_pixel)
		return reason_set(reason, -EPROTO, "SetPixelFormat with %u bits per pixel and depth %u",
			bits_per_pixel, depth);
	if (!format[3]) /* a colour map is only made for 8 bits */
		return bits_per_pixel == 8
			       ? (ssize_t)message->size
			       : reason_set(reason, -EPROTO, "SetPixelFormat with a colour map of %u bits",
					 bits_per_pixel);
	for (int i = 0; i < 3; i++)
		if (!channel_fits(bytes_get16(format + 4 + 2 * i), format[10 + i], bits_per_pixel))
			return reason_set(reason, -EPROTO,
				"SetPixelFormat with a channel of maximum %u and shift %u",
				bytes_get16(format + 4 + 2 * i), format[10 + i]);
	return (ssize_t)message->size;
}

static ssize_t encodings(const uint8_t *bytes, struct message *message, struct reason *reason) {
	message->encodings.list = bytes + 4;
	message->encodings.count = bytes_get16(bytes + 2);
	return (ssize_t)message->size;
}

static ssize_t request(const uint8_t *bytes, struct message *message, struct reason *reason) {
	message->request.incremental = bytes[1];
	rectangle(bytes + 2, &message->request.area);
	return (ssize_t)message->size;
}

static ssize_t key(const uint8_t *bytes, struct message *message, struct reason *reason) {
	message->key.down = bytes[1];
	message->key.keysym = bytes_get32(bytes + 4);
	message->key.scancode = 0;
	return (ssize_t)message->size;
}

static ssize_t pointer(const uint8_t *bytes, struct message *message, struct reason *reason) {
	message->pointer.buttons = bytes[1];
	message->pointer.x = bytes_get16(bytes + 2);
	message->pointer.y = bytes_get16(bytes + 4);
	if (message->size == 7)
		message->pointer.buttons = (bytes[1] & 0x7fu) | (uint32_t)bytes[6] << 7;
	return (ssize_t)message->size;
}

static ssize_t cut_text(const uint8_t *bytes, struct message *message, struct reason *reason) {
	/* a negative length marks the extended clipboard */
	uint32_t length = bytes_get32(bytes + 4);
	if (length > INT32_MAX)
		length = -length;
	if (length > MESSAGE_MAX_CUT_TEXT)
		return reason_set(reason, -EPROTO, "a clipboard of %u bytes", length);
	message->skip = length;
	return (ssize_t)message->size;
}

static ssize_t continuous(const uint8_t *bytes, struct message *message, struct reason *reason) {
	message->continuous.enable = bytes[1];
	rectangle(bytes + 2, &message->continuous.area);
	return (ssize_t)message->size;
}

static ssize_t fence(const uint8_t *bytes, struct message *message, struct reason *reason) {
	message->fence.flags = bytes_get32(bytes + 4);
	message->fence.size = bytes[8];
	message->fence.payload = bytes + 9;
	return (ssize_t)message->size;
}

static ssize_t desktop_size(const uint8_t *bytes, struct message *message, struct reason *reason) {
	message->desktop.width = bytes_get16(bytes + 2);
	message->desktop.height = bytes_get16(bytes + 4);
	return (ssize_t)message->size;
}

static ssize_t qemu(const uint8_t *bytes, struct message *message, struct reason *reason) {
	if (bytes[1] != 0)
		return reason_set(reason, -EPROTO, "a QEMU message %u, which was not offered", bytes[1]);
	message->key.down = bytes_get16(bytes + 2);
	message->key.keysym = bytes_get32(bytes + 4);
	message->key.scancode = bytes_get32(bytes + 8);
	return (ssize_t)message->size;
}

/* Sizes that stand in the message itself: from its first `base` bytes. -EPROTO: too many. */
static ssize_t encodings_size(const uint8_t *bytes, const struct message_rules *rules) {
	uint16_t count = bytes_get16(bytes + 2);
	return count > MESSAGE_MAX_ENCODINGS ? -EPROTO : 4 + 4 * count;
}

static ssize_t pointer_size(const uint8_t *bytes, const struct message_rules *rules) {
	return rules->extended_buttons && bytes[1] & 0x80 ? 7 : 6;
}

static ssize_t fence_size(const uint8_t *bytes, const struct message_rules *rules) {
	return bytes[8] > MESSAGE_MAX_FENCE ? -EPROTO : 9 + bytes[8];
}

static ssize_t desktop_size_size(const uint8_t *bytes, const struct message_rules *rules) {
	return 8 + 16 * bytes[6];
}

static ssize_t qemu_size(const uint8_t *bytes, const struct message_rules *rules) {
	return bytes[1] == 0 ? 12 : 2;
}

static const struct kind {
	const char *name;
	uint16_t base; /* bytes that are there in any case; 0: not served */
	ssize_t (*size)(const uint8_t *bytes, const struct message_rules *rules);
	ssize_t (*parse)(const uint8_t *bytes, struct message *message, struct reason *reason);
} kinds[256] = {
	[MESSAGE_SET_PIXEL_FORMAT] = {"SetPixelFormat", 20, NULL, pixel_format},
	[MESSAGE_SET_ENCODINGS] = {"SetEncodings", 4, encodings_size, encodings},
	[MESSAGE_UPDATE_REQUEST] = {"FramebufferUpdateRequest", 10, NULL, request},
	[MESSAGE_KEY] = {"KeyEvent", 8, NULL, key},
	[MESSAGE_POINTER] = {"PointerEvent", 6, pointer_size, pointer},
	[MESSAGE_CUT_TEXT] = {"ClientCutText", 8, NULL, cut_text},
	[MESSAGE_CONTINUOUS_UPDATES] = {"EnableContinuousUpdates", 10, NULL, continuous},
	[MESSAGE_FENCE] = {"ClientFence", 9, fence_size, fence},
	[MESSAGE_SET_DESKTOP_SIZE] = {"SetDesktopSize", 8, desktop_size_size, desktop_size},
	[MESSAGE_QEMU] = {"QEMU key event", 2, qemu_size, qemu},
	/* known, and not served */
	[1] = {.name = "FixColourMapEntries"},
	[7] = {.name = "file transfer"},
	[8] = {.name = "SetScale"},
	[9] = {.name = "SetServerInput"},
	[10] = {.name = "SetSW"},
	[11] = {.name = "text chat"},
	[15] = {.name = "SetScaleFactor"},
	[250] = {.name = "xvp"},
	[252] = {.name = "TightVNC file transfer"},
	[253] = {.name = "gii"},
};

ssize_t message_parse(const uint8_t *bytes, size_t size, const struct message_rules *rules,
	struct message *message, struct reason *reason) {
	if (size < 1)
		return 0;
	const struct kind *kind = &kinds[bytes[0]];
	if (!kind->base)
		return kind->name ? reason_set(reason, -EPROTO, "%s is not served", kind->name)
				  : reason_set(reason, -EPROTO, "unknown message %u", bytes[0]);
	if (size < kind->base)
		return 0;
	ssize_t whole = kind->size ? kind->size(bytes, rules) : kind->base;
	if (whole < 0)
		return reason_set(reason, -EPROTO, "%s is too long", kind->name);
	if (size < (size_t)whole)
		return 0;
	memset(message, 0, sizeof *message);
	message->type = (enum message_type)bytes[0];
	message->bytes = bytes;
	message->size = (size_t)whole;
	return kind->parse(bytes, message, reason);
}
