/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/rfb/message.h"

#include <errno.h>
#include <string.h>

#include "encode/rfb/bytes.h"
#include "encode/rfb/desktop_size.h"

static const uint8_t *rectangle(const uint8_t *bytes, struct rect *area) {
	*area = (struct rect){
		bytes_get16(bytes), bytes_get16(bytes + 2), bytes_get16(bytes + 4), bytes_get16(bytes + 6)};
	return bytes + 8;
}

/* The functions that the table below calls have the same parameters for all messages. Few need all of
 * them. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"

static ssize_t pixel_format(const uint8_t *bytes, struct message *message, struct reason *reason) {
	int error = format_serve(bytes + 4, &message->format, reason);
	message->note = message->format.note;
	return error ? error : (ssize_t)message->size;
}

static ssize_t encodings(const uint8_t *bytes, struct message *message, struct reason *reason) {
	message->encodings.list = bytes + 4;
	message->encodings.count = (message->size - 4) / 4;
	if (message->skip)
		message->note = "of more than 1,024 encodings the others are passed over";
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
		message->pointer.buttons = (bytes[1] & ~(unsigned)POINTER_EXTENDED) | (uint32_t)bytes[6] << 7;
	return (ssize_t)message->size;
}

static ssize_t cut_text(const uint8_t *bytes, struct message *message, struct reason *reason) {
	if (message->skip > MESSAGE_LONG_TEXT)
		message->note = "a clipboard of more than 1 MiB is passed over";
	return (ssize_t)message->size;
}

static ssize_t continuous(const uint8_t *bytes, struct message *message, struct reason *reason) {
	message->continuous.enable = bytes[1];
	rectangle(bytes + 2, &message->continuous.area);
	return (ssize_t)message->size;
}

static ssize_t fence(const uint8_t *bytes, struct message *message, struct reason *reason) {
	message->fence.flags = bytes_get32(bytes + 4);
	message->fence.size = message->size - 9;
	message->fence.payload = bytes + 9;
	if (message->skip) {
		message->served = false;
		message->note = "a fence of more than 64 bytes is passed over";
	}
	return (ssize_t)message->size;
}

static ssize_t desktop_size(const uint8_t *bytes, struct message *message, struct reason *reason) {
	message->desktop_size = desktop_size_read(bytes);
	return (ssize_t)message->size;
}

static ssize_t qemu(const uint8_t *bytes, struct message *message, struct reason *reason) {
	if (bytes[1] != QEMU_KEY) {
		message->served = false;
		message->note = "QEMU audio is not served: passed over";
		return (ssize_t)message->size;
	}
	message->key.down = bytes_get16(bytes + 2);
	message->key.keysym = bytes_get32(bytes + 4);
	message->key.scancode = bytes_get32(bytes + 8);
	return (ssize_t)message->size;
}

/* --- lengths --- */

/* These functions look at the `base` bytes that are there. They return how many bytes of a message must be in
 * memory (0: not known yet; -EPROTO: never known) and set `skip` to the number of bytes that follow. */

static ssize_t fix_colours_size(
	const uint8_t *bytes, size_t have, const struct message_rules *rules, uint64_t *skip) {
	*skip = 6u * bytes_get16(bytes + 4);
	return 6;
}

static ssize_t encodings_size(
	const uint8_t *bytes, size_t have, const struct message_rules *rules, uint64_t *skip) {
	unsigned count = bytes_get16(bytes + 2);
	unsigned taken = count < MESSAGE_MAX_ENCODINGS ? count : MESSAGE_MAX_ENCODINGS;
	*skip = 4u * (count - taken);
	return 4 + 4 * taken;
}

static ssize_t pointer_size(
	const uint8_t *bytes, size_t have, const struct message_rules *rules, uint64_t *skip) {
	return rules->extended_buttons && bytes[1] & POINTER_EXTENDED ? 7 : 6;
}

/* A negative length marks the extended clipboard. */
static ssize_t cut_text_size(
	const uint8_t *bytes, size_t have, const struct message_rules *rules, uint64_t *skip) {
	uint32_t length = bytes_get32(bytes + 4);
	*skip = length > INT32_MAX ? (uint32_t)-length : length;
	return 8;
}

static ssize_t file_transfer_size(
	const uint8_t *bytes, size_t have, const struct message_rules *rules, uint64_t *skip) {
	*skip = (uint64_t)bytes_get32(bytes + 8) + (bytes[1] == FILE_TRANSFER_OFFER ? 4 : 0);
	return 12;
}

static ssize_t text_chat_size(
	const uint8_t *bytes, size_t have, const struct message_rules *rules, uint64_t *skip) {
	uint32_t length = bytes_get32(bytes + 4);
	*skip = length < UINT32_MAX - 2 ? length : 0; /* -1, -2, -3: the chat is opened, closed, finished */
	return 8;
}

/* Its length field counts the whole message. */
static ssize_t vmware_size(
	const uint8_t *bytes, size_t have, const struct message_rules *rules, uint64_t *skip) {
	uint16_t length = bytes_get16(bytes + 2);
	*skip = length - 4u;
	return length < 4 ? -EPROTO : 4;
}

static ssize_t car_size(
	const uint8_t *bytes, size_t have, const struct message_rules *rules, uint64_t *skip) {
	*skip = bytes_get16(bytes + 2);
	return 4;
}

static ssize_t fence_size(
	const uint8_t *bytes, size_t have, const struct message_rules *rules, uint64_t *skip) {
	*skip = bytes[8] > MESSAGE_MAX_FENCE ? bytes[8] : 0;
	return *skip ? 9 : 9 + bytes[8];
}

static ssize_t desktop_size_size(
	const uint8_t *bytes, size_t have, const struct message_rules *rules, uint64_t *skip) {
	return 8 + DESKTOP_SIZE_SCREEN * bytes[6];
}

/* The top bit of the second byte gives its byte order. */
static ssize_t gii_size(
	const uint8_t *bytes, size_t have, const struct message_rules *rules, uint64_t *skip) {
	*skip = bytes[1] & 0x80 ? bytes_get16(bytes + 2) : bytes[2] | (uint64_t)bytes[3] << 8;
	return 4;
}

static ssize_t qemu_size(
	const uint8_t *bytes, size_t have, const struct message_rules *rules, uint64_t *skip) {
	if (bytes[1] == QEMU_KEY)
		return 12;
	if (bytes[1] != QEMU_AUDIO)
		return -EPROTO;
	if (have < 4)
		return 0;
	uint16_t operation = bytes_get16(bytes + 2);
	return operation > QEMU_AUDIO_FORMAT ? -EPROTO : operation == QEMU_AUDIO_FORMAT ? 10 : 4;
}

#pragma GCC diagnostic pop

/* --- the table of messages --- */

static const struct kind {
	const char *name;
	uint16_t base; /* bytes that every such message has; 0: its length is not known */
	ssize_t (*size)(const uint8_t *bytes, size_t have, const struct message_rules *rules, uint64_t *skip);
	ssize_t (*parse)(const uint8_t *bytes, struct message *message, struct reason *reason);
	const char *passed_over; /* instead of `parse`: the message is not served, and this is what the log
				    says */
} kinds[256] = {
	[MESSAGE_SET_PIXEL_FORMAT] = {"SetPixelFormat", 20, NULL, pixel_format},
	[MESSAGE_SET_ENCODINGS] = {"SetEncodings", 4, encodings_size, encodings},
	[MESSAGE_UPDATE_REQUEST] = {"FramebufferUpdateRequest", 10, NULL, request},
	[MESSAGE_KEY] = {"KeyEvent", 8, NULL, key},
	[MESSAGE_POINTER] = {"PointerEvent", 6, pointer_size, pointer},
	[MESSAGE_CUT_TEXT] = {"ClientCutText", 8, cut_text_size, cut_text},
	[MESSAGE_CONTINUOUS_UPDATES] = {"EnableContinuousUpdates", 10, NULL, continuous},
	[MESSAGE_FENCE] = {"ClientFence", 9, fence_size, fence},
	[MESSAGE_SET_DESKTOP_SIZE] = {"SetDesktopSize", 8, desktop_size_size, desktop_size},
	[MESSAGE_QEMU] = {"QEMU message", 2, qemu_size, qemu},
#define PASSED_OVER(name, base, size)                                                                        \
	{ name, base, size, NULL, name " is not served: passed over" }
	[MESSAGE_FIX_COLOUR_MAP] = PASSED_OVER("FixColourMapEntries", 6, fix_colours_size),
	[MESSAGE_FILE_TRANSFER] = PASSED_OVER("file transfer", 12, file_transfer_size),
	[MESSAGE_SET_SCALE] = PASSED_OVER("SetScale", 4, NULL),
	[MESSAGE_SET_SERVER_INPUT] = PASSED_OVER("SetServerInput", 4, NULL),
	[MESSAGE_SET_SW] = PASSED_OVER("SetSW", 6, NULL),
	[MESSAGE_TEXT_CHAT] = PASSED_OVER("text chat", 8, text_chat_size),
	[MESSAGE_KEY_FRAME_REQUEST] = PASSED_OVER("KeyFrameRequest", 1, NULL),
	[MESSAGE_KEEP_ALIVE] = PASSED_OVER("KeepAlive", 1, NULL),
	[MESSAGE_SET_SCALE_FACTOR] = PASSED_OVER("SetScaleFactor", 4, NULL),
	[MESSAGE_REQUEST_SESSION] = PASSED_OVER("RequestSession", 1, NULL),
	[MESSAGE_SET_SESSION] = PASSED_OVER("SetSession", 2, NULL),
	[MESSAGE_NOTIFY_PLUGIN] = PASSED_OVER("NotifyPluginStreaming", 4, NULL),
	[MESSAGE_VMWARE] = PASSED_OVER("VMware's message", 4, vmware_size),
	[MESSAGE_CAR_CONNECTIVITY] = PASSED_OVER("Car Connectivity", 4, car_size),
	[MESSAGE_XVP] = PASSED_OVER("xvp", 4, NULL),
	[MESSAGE_GII] = PASSED_OVER("gii", 4, gii_size),
	[MESSAGE_SET_MONITOR] = PASSED_OVER("SetMonitor", 4, NULL),
#undef PASSED_OVER
	[MESSAGE_OLIVE] = {.name = "OLIVE call control"},
	[MESSAGE_TIGHT_FILE_TRANSFER] = {.name = "TightVNC's file transfer"},
};

static ssize_t not_skippable(const uint8_t *bytes, const struct kind *kind, struct reason *reason) {
	return kind->name ? reason_set(reason, -EPROTO, "%s is not served, and its length is not known",
				    kind->name)
			  : reason_set(reason, -EPROTO, "unknown message %u", bytes[0]);
}

ssize_t message_parse(const uint8_t *bytes, size_t size, const struct message_rules *rules,
	struct message *message, struct reason *reason) {
	if (size < 1)
		return 0;
	const struct kind *kind = &kinds[bytes[0]];
	if (!kind->base)
		return not_skippable(bytes, kind, reason);
	if (size < kind->base)
		return 0;
	memset(message, 0, sizeof *message);
	ssize_t whole = kind->size ? kind->size(bytes, size, rules, &message->skip) : kind->base;
	if (whole < 0)
		return reason_set(reason, -EPROTO, "%s %u, whose length is not known", kind->name, bytes[1]);
	if (whole == 0 || size < (size_t)whole)
		return 0;
	message->type = (enum message_type)bytes[0];
	message->served = kind->parse;
	message->note = kind->passed_over;
	message->bytes = bytes;
	message->size = (size_t)whole;
	return kind->parse ? kind->parse(bytes, message, reason) : whole;
}
