/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_cipher NAME UPDATE RATE: how many CPU seconds GnuTLS's cipher of that name (AES-256-GCM) takes for 10^9
 * bytes in TLS records: on one record over and over, and on bytes that come like the gateway's. Those are
 * UPDATE bytes RATE times a second out of a socket pair that another process fills; what reading them takes
 * by itself is not counted.
 */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	RECORD = 16 << 10,
	RECORDS = 1 << 15,
	PIECE = 256 << 10,  /* what the gateway reads at once */
	WRITTEN = 32 << 10, /* what the library writes at once */
	PAIR_SIZE = 512 << 10,
	ROUNDS = 3,
	ROUND_S = 2,
};

static gnutls_cipher_algorithm_t cipher;
static gnutls_aead_cipher_hd_t handle;
static unsigned char plain[PIECE], sealed[RECORD + 64];

/* As in TLS 1.3: the header is authenticated, and after the bytes a byte says what they are. */
static void seal(const unsigned char *bytes, size_t size) {
	static unsigned char nonce[16], header[5], kind;
	giovec_t of_header = {header, sizeof header}, of_bytes[] = {{(void *)bytes, size}, {&kind, 1}};
	size_t room = sizeof sealed;
	nonce[0]++;
	gnutls_aead_cipher_encryptv(handle, nonce, gnutls_cipher_get_iv_size(cipher), &of_header, 1,
		gnutls_cipher_get_tag_size(cipher), of_bytes, 2, sealed, &room);
}

static double cpu(void) {
	return (double)clock() / CLOCKS_PER_SEC;
}

static double hot(void) {
	double begin = cpu();
	for (unsigned i = 0; i < RECORDS; i++)
		seal(plain, RECORD);
	return (cpu() - begin) / ((double)RECORD * RECORDS) * 1e9;
}

static void fill(int pair, long update, long rate) {
	setsockopt(pair, SOL_SOCKET, SO_SNDBUF, &(int){PAIR_SIZE}, sizeof(int));
	for (long i = 0; i < ROUND_S * rate; i++) {
		nanosleep(&(struct timespec){0, 1000000000 / rate}, NULL);
		for (long left = update; left > 0; left -= WRITTEN)
			if (write(pair, plain, left < WRITTEN ? (size_t)left : WRITTEN) < 0)
				_exit(1);
	}
	_exit(0);
}

static double as_it_comes(long update, long rate, bool sealing) {
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		exit(2);
	if (fork() == 0) {
		close(pair[0]);
		fill(pair[1], update, rate);
	}
	close(pair[1]);
	double begin = cpu(), total = 0;
	for (ssize_t got; (got = read(pair[0], plain, PIECE)) > 0; total += (double)got)
		for (size_t i = 0; sealing && i < (size_t)got; i += RECORD)
			seal(plain + i, (size_t)got - i < RECORD ? (size_t)got - i : RECORD);
	double spent = cpu() - begin;
	close(pair[0]);
	wait(NULL);
	return spent / total * 1e9;
}

int main(int argc, char **argv) {
	static unsigned char secret[64];
	cipher = argc == 4 ? gnutls_cipher_get_id(argv[1]) : 0;
	gnutls_datum_t key = {secret, (unsigned)gnutls_cipher_get_key_size(cipher)};
	if (gnutls_aead_cipher_init(&handle, cipher, &key) < 0)
		return 2;
	double with = 0, without = 0;
	for (int i = 0; i < ROUNDS; i++) {
		without += as_it_comes(atol(argv[2]), atol(argv[3]), false) / ROUNDS;
		with += as_it_comes(atol(argv[2]), atol(argv[3]), true) / ROUNDS;
	}
	printf("%.4f %.4f\n", hot(), with - without);
	gnutls_aead_cipher_deinit(handle);
	return 0;
}
