/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net_cipher NAME: CPU seconds that GnuTLS's cipher of that name (AES-256-GCM) takes for 10^9 bytes in TLS
 * records. */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <time.h>

enum { RECORD = 16 << 10, RECORDS = 1 << 16 };

int main(int argc, char **argv) {
	static unsigned char plain[RECORD], sealed[RECORD + 64], secret[64], nonce[16];
	gnutls_cipher_algorithm_t cipher = argc > 1 ? gnutls_cipher_get_id(argv[1]) : 0;
	gnutls_datum_t key = {secret, (unsigned)gnutls_cipher_get_key_size(cipher)};
	gnutls_aead_cipher_hd_t handle;
	if (gnutls_aead_cipher_init(&handle, cipher, &key) < 0)
		return 2;
	clock_t begin = clock();
	for (unsigned i = 0; i < RECORDS; i++) {
		size_t size = sizeof sealed;
		nonce[0] = (unsigned char)i;
		gnutls_aead_cipher_encrypt(handle, nonce, gnutls_cipher_get_iv_size(cipher), NULL, 0,
			gnutls_cipher_get_tag_size(cipher), plain, RECORD, sealed, &size);
	}
	double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
	printf("%.4f\n", seconds / ((double)RECORD * RECORDS) * 1e9);
	gnutls_aead_cipher_deinit(handle);
	return 0;
}
