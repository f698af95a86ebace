/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/certificate_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "capture/base/clock.h"
#include "server/log.h"
#include "server/net/auth/own_certificate.h"
#include "server/net/auth/private_key.h"

enum { CERTIFICATE, KEY, FILES };

/* What distinguishes one state of a file from another. */
struct mark {
	int error;
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified, changed;
};

struct certificate_source {
	char paths[FILES][STATE_FILE_PATH];
	struct mark marks[FILES]; /* the state of the files that was last tried */
	bool own;
	struct certificate *current;
	/* what was already logged: the files cannot be used; our own cannot be renewed; `current` is not
	 * valid for long */
	bool told_broken, told_kept, told_time;
	uint64_t not_before; /* by the monotonic clock: when to consider renewing our own again */
};

/* --- files --- */

static struct mark mark_of(const char *path) {
	struct stat status;
	if (stat(path, &status))
		return (struct mark){.error = errno};
	return (struct mark){0, status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim};
}

static bool same_time(struct timespec a, struct timespec b) {
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_mark(const struct mark *a, const struct mark *b) {
	return a->error == b->error && a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       same_time(a->modified, b->modified) && same_time(a->changed, b->changed);
}

/* Whether the files are in a state that was not tried yet. */
static bool has_changed(const struct certificate_source *source) {
	for (int i = 0; i < FILES; i++) {
		const struct mark now = mark_of(source->paths[i]);
		if (!same_mark(&now, &source->marks[i]))
			return true;
	}
	return false;
}

/* Marks the files before they are read, so that a change during the reading is noticed the next time. */
static int load(struct certificate_source *source, struct reason *reason) {
	struct certificate *fresh;
	for (int i = 0; i < FILES; i++)
		source->marks[i] = mark_of(source->paths[i]);
	int error = certificate_load(source->paths[CERTIFICATE], source->paths[KEY], &fresh, reason);
	if (error)
		return error;
	certificate_release(source->current);
	source->current = fresh;
	source->told_broken = source->told_time = false;
	return 0;
}

/* --- log messages --- */

static void announce(const struct certificate_source *source, const char *what) {
	struct certificate_facts facts;
	certificate_describe(source->current->leaf, &facts);
	log_info("%s: SHA-256 %s, valid until %s, for %s", what, facts.fingerprint, facts.until, facts.names);
}

static void warn_once(bool *told, const struct reason *reason) {
	if (!*told)
		log_warning("%s; until that is fixed, new connections get the previous certificate",
			reason->text);
	*told = true;
}

static void warn_of_time(struct certificate_source *source) {
	struct reason why;
	if (source->told_time || !certificate_needs_care(source->current->leaf, time(NULL), &why))
		return;
	source->told_time = true;
	log_warning("the certificate %s %s", source->paths[CERTIFICATE], why.text);
}

/* --- our own certificate --- */

static int make(struct certificate_source *source, const struct host_names *names, struct reason *reason) {
	gnutls_x509_privkey_t key;
	int error = private_key_open(PRIVATE_KEY_TLS, &key, reason);
	if (error)
		return error;
	error = own_certificate_make(key, names, source->paths[CERTIFICATE], reason);
	gnutls_x509_privkey_deinit(key);
	return error ? error : load(source, reason);
}

/* Replaces `current`, if that is due. */
static int renew(struct certificate_source *source, struct reason *reason) {
	struct host_names names;
	struct reason why;
	host_names_read(&names);
	if (!own_certificate_is_due(source->current->leaf, &names, time(NULL), &why))
		return 0;
	int error = make(source, &names, reason);
	if (!error)
		log_info("our own certificate was renewed for the same key: %s", why.text);
	return error;
}

/* A certificate that somebody else has signed was put there by the administrator. */
static bool may_replace(const char *path) {
	gnutls_x509_crt_t leaf;
	if (certificate_read_leaf(path, &leaf, NULL))
		return true;
	bool ours = own_certificate_is_ours(leaf);
	gnutls_x509_crt_deinit(leaf);
	return ours;
}

/* Prepares the files' folders. A user who could put a key pair into them could impersonate this server. */
static int prepare(const struct certificate_source *source, struct reason *reason) {
	int error = 0;
	for (int i = 0; i < FILES && !error; i++)
		error = state_file_prepare(source->paths[i], reason);
	return error;
}

static int open_own(struct certificate_source *source, struct reason *reason) {
	struct host_names names;
	int error = prepare(source, reason);
	if (error)
		return error;
	error = load(source, reason);
	if (!error) {
		if (renew(source, reason)) /* the present certificate can still be used */
			log_warning("%s", reason->text);
		return 0;
	}
	/* there is none, or one that does not work with our key */
	bool had_one = source->marks[CERTIFICATE].error == 0;
	struct reason why = *reason;
	if (had_one && !may_replace(source->paths[CERTIFICATE]))
		return error;
	host_names_read(&names);
	error = make(source, &names, reason);
	if (!error && had_one)
		log_warning("our own certificate was replaced: %s", why.text);
	return error;
}

static bool is_covered(gnutls_x509_crt_t leaf, const struct sockaddr *reached_at) {
	struct host_address address;
	return !host_address_from(reached_at, &address) ||
	       gnutls_x509_crt_check_ip(leaf, address.bytes, address.size, 0);
}

static bool ends_within(gnutls_x509_crt_t leaf, int days) {
	return gnutls_x509_crt_get_expiration_time(leaf) - time(NULL) < (time_t)days * 24 * 3600;
}

/* An address that appeared after the start may be one that the certificate should have. Two servers that
 * share the folder and disagree about that must not go on for ever, and neither must a server that cannot
 * write there. */
static void renew_while_running(struct certificate_source *source, const struct sockaddr *reached_at) {
	static const uint64_t pause_ns = 60ull * 1000 * 1000 * 1000;
	struct reason reason;
	bool ends = ends_within(source->current->leaf, OWN_CERTIFICATE_RENEW_DAYS);
	if ((!ends && is_covered(source->current->leaf, reached_at)) || clock_now_ns() < source->not_before)
		return;
	int error = renew(source, &reason);
	if (error)
		warn_once(&source->told_kept, &reason);
	else
		source->told_kept = false;
	if (error || !ends)
		source->not_before = clock_now_ns() + pause_ns;
}

/* --- for the gateway --- */

static int set_paths(
	struct certificate_source *source, const char *certificate, const char *key, struct reason *reason) {
	if (!certificate != !key)
		return reason_set(reason, -EINVAL, "--tls-certificate and --tls-key go together");
	source->own = !certificate;
	if (source->own) {
		int error = own_certificate_path(source->paths[CERTIFICATE], reason);
		return error ? error : private_key_path(PRIVATE_KEY_TLS, source->paths[KEY], reason);
	}
	if (strlen(certificate) >= STATE_FILE_PATH || strlen(key) >= STATE_FILE_PATH)
		return reason_set(reason, -ENAMETOOLONG, "--tls-certificate or --tls-key is too long a name");
	strcpy(source->paths[CERTIFICATE], certificate);
	strcpy(source->paths[KEY], key);
	return 0;
}

int certificate_source_create(
	const char *certificate, const char *key, struct certificate_source **result, struct reason *reason) {
	struct certificate_source *source = calloc(1, sizeof *source);
	if (!source)
		return reason_set(reason, -ENOMEM, "out of memory");
	int error = set_paths(source, certificate, key, reason);
	if (!error)
		error = source->own ? open_own(source, reason) : load(source, reason);
	if (error) {
		certificate_source_destroy(source);
		return error;
	}
	announce(source, "certificate");
	warn_of_time(source);
	*result = source;
	return 0;
}

void certificate_source_destroy(struct certificate_source *source) {
	if (!source)
		return;
	certificate_release(source->current);
	free(source);
}

/* Two files are replaced one after the other. That they do not fit together in between is expected, and
 * resolves itself. */
static void take_changes(struct certificate_source *source) {
	struct reason reason;
	if (has_changed(source) && load(source, &reason))
		warn_once(&source->told_broken, &reason);
}

struct certificate *certificate_source_current(
	struct certificate_source *source, const struct sockaddr *reached_at) {
	struct certificate *before = certificate_hold(source->current);
	take_changes(source);
	if (source->own && !source->told_broken && own_certificate_is_ours(source->current->leaf))
		renew_while_running(source, reached_at);
	if (source->current != before && !gnutls_x509_crt_equals(before->leaf, source->current->leaf))
		announce(source, "new connections get this certificate");
	certificate_release(before);
	warn_of_time(source);
	return source->current;
}
