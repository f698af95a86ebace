/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/transport/aes.h"

#include <errno.h>
#include <nettle/aes.h>
#include <nettle/eax.h>
#include <nettle/memops.h>
#include <stdlib.h>
#include <string.h>

#include "encode/rfb/bytes.h"
#include "server/net/queue.h"

enum { HEADER = 2, MAC = EAX_DIGEST_SIZE, MAX_SENT = 8192, MAX_MESSAGE = HEADER + 65535 + MAC };

/* One direction. The nonce counts messages, least significant byte first. */
struct direction {
	union {
		struct aes128_ctx aes128;
		struct aes256_ctx aes256;
	} cipher;
	nettle_cipher_func *encrypt;
	struct eax_key key;
	uint8_t nonce[16];
};

struct aes_transport {
	struct transport transport;
	struct direction incoming, outgoing;
	uint8_t *sealed; /* the message that is being read, of up to MAX_MESSAGE bytes */
	size_t have;
	struct queue opened; /* its decrypted bytes that were not read by the caller yet */
	struct queue unsent; /* encrypted, and not taken below yet */
};

static void set_key(struct direction *direction, unsigned bits, const uint8_t *key) {
	if (bits == 128) {
		aes128_set_encrypt_key(&direction->cipher.aes128, key);
		direction->encrypt = (nettle_cipher_func *)aes128_encrypt;
	} else {
		aes256_set_encrypt_key(&direction->cipher.aes256, key);
		direction->encrypt = (nettle_cipher_func *)aes256_encrypt;
	}
	eax_set_key(&direction->key, &direction->cipher, direction->encrypt);
}

static void begin(struct direction *direction, struct eax_ctx *eax, const uint8_t *header) {
	eax_set_nonce(eax, &direction->key, &direction->cipher, direction->encrypt, sizeof direction->nonce,
		direction->nonce);
	eax_update(eax, &direction->key, &direction->cipher, direction->encrypt, HEADER, header);
	for (size_t i = 0; i < sizeof direction->nonce && ++direction->nonce[i] == 0; i++)
		;
}

static int open_message(struct aes_transport *aes, size_t size) {
	struct direction *direction = &aes->incoming;
	struct eax_ctx eax;
	uint8_t mac[MAC];
	uint8_t *room = queue_room(&aes->opened, size);
	if (!room)
		return -ENOMEM;
	begin(direction, &eax, aes->sealed);
	eax_decrypt(&eax, &direction->key, &direction->cipher, direction->encrypt, size, room,
		aes->sealed + HEADER);
	eax_digest(&eax, &direction->key, &direction->cipher, direction->encrypt, MAC, mac);
	if (!memeql_sec(mac, aes->sealed + HEADER + size, MAC))
		return -EPROTO; /* forged, or the keys differ */
	queue_added(&aes->opened, size);
	return 0;
}

/* Never reads beyond the message, because what follows may not be encrypted (RA2ne). */
static ssize_t read_message(struct aes_transport *aes) {
	for (;;) {
		size_t need = HEADER;
		if (aes->have >= HEADER)
			need += bytes_get16(aes->sealed) + (size_t)MAC;
		if (aes->have == need && aes->have > HEADER)
			break;
		ssize_t got = transport_read(aes->transport.below, aes->sealed + aes->have, need - aes->have);
		if (got <= 0)
			return got;
		aes->have += (size_t)got;
	}
	aes->have = 0;
	int error = open_message(aes, bytes_get16(aes->sealed));
	return error ? error : 1;
}

static ssize_t aes_read(struct transport *transport, void *bytes, size_t size) {
	struct aes_transport *aes = (struct aes_transport *)transport;
	for (int empty = 0; !queue_size(&aes->opened); empty++) {
		ssize_t result = empty < TRANSPORT_MAX_EMPTY ? read_message(aes) : -EPROTO;
		if (result <= 0)
			return result;
	}
	if (size > queue_size(&aes->opened))
		size = queue_size(&aes->opened);
	memcpy(bytes, queue_bytes(&aes->opened), size);
	queue_take(&aes->opened, size);
	return (ssize_t)size;
}

static int aes_flush(struct transport *transport) {
	return transport_drain(transport->below, &((struct aes_transport *)transport)->unsent);
}

static int seal_message(struct aes_transport *aes, const void *bytes, size_t size) {
	struct direction *direction = &aes->outgoing;
	struct eax_ctx eax;
	uint8_t *room = queue_room(&aes->unsent, HEADER + size + MAC);
	if (!room)
		return -ENOMEM;
	bytes_put16(room, (uint16_t)size);
	begin(direction, &eax, room);
	eax_encrypt(
		&eax, &direction->key, &direction->cipher, direction->encrypt, size, room + HEADER, bytes);
	eax_digest(&eax, &direction->key, &direction->cipher, direction->encrypt, MAC, room + HEADER + size);
	queue_added(&aes->unsent, HEADER + size + MAC);
	return 0;
}

/* Bytes are encrypted from where they lie. */
static ssize_t aes_write(struct transport *transport, const struct iovec *parts, size_t count) {
	struct aes_transport *aes = (struct aes_transport *)transport;
	struct transport_reader reader = {parts, count, 0};
	uint8_t memory[MAX_SENT];
	size_t taken = 0, size = 1;
	int error = aes_flush(transport);
	while (!error && size && taken < TRANSPORT_GATHER) {
		size_t room = TRANSPORT_GATHER - taken;
		const uint8_t *bytes =
			transport_reader_next(&reader, memory, room < MAX_SENT ? room : MAX_SENT, &size);
		error = size ? seal_message(aes, bytes, size) : 0;
		taken += size;
	}
	if (error)
		return error;
	error = aes_flush(transport);
	return error && error != -EAGAIN ? error : (ssize_t)taken;
}

static size_t aes_unsent(const struct transport *transport) {
	return queue_size(&((const struct aes_transport *)transport)->unsent);
}

static void aes_destroy(struct transport *transport) {
	struct aes_transport *aes = (struct aes_transport *)transport;
	queue_finish(&aes->opened);
	queue_finish(&aes->unsent);
	free(aes->sealed);
	explicit_bzero(aes, sizeof *aes);
	free(aes);
}

static const struct transport_impl aes_impl = {
	.name = "aes",
	.read = aes_read,
	.write = aes_write,
	.unsent = aes_unsent,
	.flush = aes_flush,
	.destroy = aes_destroy,
};

struct transport *transport_aes(struct transport *below, const struct aes_keys *keys) {
	struct aes_transport *aes = calloc(1, sizeof *aes);
	uint8_t *sealed = malloc(MAX_MESSAGE);
	if (!aes || !sealed) {
		free(aes);
		free(sealed);
		transport_destroy(below);
		return NULL;
	}
	aes->transport.impl = &aes_impl;
	aes->transport.below = below;
	aes->sealed = sealed;
	aes->opened.secret = true;
	set_key(&aes->incoming, keys->bits, keys->incoming);
	set_key(&aes->outgoing, keys->bits, keys->outgoing);
	return &aes->transport;
}

struct transport *transport_aes_unwrap(struct transport *transport) {
	struct transport *below = transport->below;
	transport->below = NULL;
	transport_destroy(transport);
	return below;
}
