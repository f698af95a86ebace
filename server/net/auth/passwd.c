/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/passwd.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/base64.h>
#include <nettle/des.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/base/file.h"
#include "capture/broker/entrance.h"
#include "server/access.h"

static const char header[] = "zerovnc-passwords 1\n";

enum { MAX_FILE = sizeof header + 2 * (8 + BASE64_ENCODE_RAW_LENGTH(PASSWD_MAX)) };

void passwd_wipe(struct passwd_pair *passwd) {
	explicit_bzero(passwd, sizeof *passwd);
}

/* The eight bytes with which every VNC server scrambles its password file, with the bits of each reversed as
 * VNC's DES wants them. Everybody knows them: they only keep passwords from being read in passing. */
static const uint8_t scramble_key[8] = {0xe8, 0x4a, 0xd6, 0x60, 0xc4, 0x72, 0x1a, 0xe0};

static void unscramble(const uint8_t *bytes, char *password) {
	struct des_ctx des;
	des_set_key(&des, scramble_key);
	des_decrypt(&des, 8, (uint8_t *)password, bytes);
	password[8] = 0;
	explicit_bzero(&des, sizeof des);
}

static int decode_line(const char *text, size_t size, char *password) {
	struct base64_decode_ctx decoder;
	base64_decode_init(&decoder);
	uint8_t bytes[BASE64_DECODE_LENGTH(BASE64_ENCODE_RAW_LENGTH(PASSWD_MAX))];
	size_t length = sizeof bytes;
	bool good = size <= BASE64_ENCODE_RAW_LENGTH(PASSWD_MAX) &&
		    base64_decode_update(&decoder, &length, bytes, size, text) &&
		    base64_decode_final(&decoder) && length <= PASSWD_MAX && !memchr(bytes, 0, length);
	if (good) {
		memcpy(password, bytes, length);
		password[length] = 0;
	}
	explicit_bzero(bytes, sizeof bytes);
	explicit_bzero(&decoder, sizeof decoder);
	return good ? 0 : -EINVAL;
}

static int parse_lines(const char *text, struct passwd_pair *passwd) {
	while (*text) {
		size_t length = strcspn(text, "\n");
		int error = 0;
		if (strncmp(text, "full ", 5) == 0)
			error = decode_line(text + 5, length - 5, passwd->full);
		else if (strncmp(text, "view ", 5) == 0)
			error = decode_line(text + 5, length - 5, passwd->view);
		else if (length)
			error = -EINVAL;
		if (error)
			return error;
		text += length;
		text += *text == '\n';
	}
	return passwd->full[0] ? 0 : -EINVAL;
}

static int parse(char *bytes, size_t size, struct passwd_pair *passwd) {
	if (size >= sizeof header - 1 && memcmp(bytes, header, sizeof header - 1) == 0)
		return strlen(bytes) == size ? parse_lines(bytes + sizeof header - 1, passwd) : -EINVAL;
	if (size != 8 && size != 16)
		return -EINVAL;
	unscramble((const uint8_t *)bytes, passwd->full);
	if (size == 16)
		unscramble((const uint8_t *)bytes + 8, passwd->view);
	return passwd->full[0] ? 0 : -EINVAL;
}

static int read_pair(int fd, const char *path, struct passwd_pair *passwd, struct reason *reason) {
	struct stat status;
	if (fstat(fd, &status))
		return reason_set(reason, -errno, "cannot read %s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return reason_set(reason, -EINVAL, "%s is not a file", path);
	char bytes[MAX_FILE + 1];
	ssize_t size = read(fd, bytes, MAX_FILE);
	int error = 0;
	if (size < 0) {
		error = reason_set(reason, -errno, "cannot read %s: %s", path, strerror(errno));
	} else {
		bytes[size] = 0;
		error = parse(bytes, (size_t)size, passwd);
		if (error)
			reason_set(reason, error,
				"%s is no password file: write one with 'zerovnc passwd FILE'", path);
	}
	explicit_bzero(bytes, sizeof bytes);
	if (!error && !access_is_private(status.st_mode, status.st_gid))
		return reason_set(reason, -EACCES,
			"the password file %s can be read by others: 'chmod 600 %s', and change the password",
			path, path);
	return error;
}

static int cannot_open(const char *path, int error, struct reason *reason) {
	char remedy[ACCESS_REMEDY];
	return reason_set(reason, error, "cannot read the password file %s: %s%s%s", path, strerror(-error),
		error == -ENOENT ? "; write it with 'zerovnc passwd'" : "",
		access_remedy(path, error, remedy));
}

int passwd_read(const char *path, struct passwd_pair *passwd, struct reason *reason) {
	memset(passwd, 0, sizeof *passwd);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return cannot_open(path, -errno, reason);
	int error = read_pair(fd, path, passwd, reason);
	close(fd);
	if (error)
		passwd_wipe(passwd);
	return error;
}

static size_t format_line(char *text, const char *word, const char *password) {
	size_t used = (size_t)sprintf(text, "%s ", word), length = strlen(password);
	base64_encode_raw(text + used, length, (const uint8_t *)password);
	used += BASE64_ENCODE_RAW_LENGTH(length);
	text[used++] = '\n';
	return used;
}

/* What root writes is for the service, which runs as a user of its own. */
static bool find_reader(gid_t *group) {
	return geteuid() == 0 && access_group(group);
}

int passwd_write(const char *path, const struct passwd_pair *passwd, struct reason *reason) {
	char text[MAX_FILE + 1];
	gid_t group = FILE_OWN_GROUP;
	size_t size = sizeof header - 1;
	mode_t mode = find_reader(&group) ? 0640 : 0600;
	memcpy(text, header, size);
	size += format_line(text + size, "full", passwd->full);
	if (passwd->view[0])
		size += format_line(text + size, "view", passwd->view);
	int error = file_replace_for(path, text, size, mode, group, false);
	explicit_bzero(text, sizeof text);
	return error ? reason_set(reason, error, "cannot write %s: %s", path, strerror(-error)) : 0;
}

static int read_line(char *password, struct reason *reason) {
	char line[PASSWD_MAX + 3];
	int error = 0;
	if (!fgets(line, sizeof line, stdin)) {
		line[0] = 0;
		error = -ENODATA;
	}
	size_t length = strcspn(line, "\r\n");
	if (!error && length > PASSWD_MAX)
		error = reason_set(reason, -E2BIG, "a password has at most %d bytes", PASSWD_MAX);
	if (!error) {
		memcpy(password, line, length);
		password[length] = 0;
	}
	explicit_bzero(line, sizeof line);
	return error;
}

static struct termios shown; /* the terminal's settings before */

static void on_interrupt(int number) {
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	raise(number); /* with SA_RESETHAND, this ends us */
}

/* Whatever ends us while the echo is off, the terminal must show again what is typed. */
static int read_quietly(char *password, struct reason *reason) {
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	enum { SIGNALS = ARRAY_LEN(numbers) };
	struct sigaction handler = {.sa_handler = on_interrupt, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
	struct sigaction before[SIGNALS];
	struct termios quiet = shown;
	for (int i = 0; i < SIGNALS; i++)
		if (sigaction(numbers[i], NULL, &before[i]) == 0 && before[i].sa_handler != SIG_IGN)
			sigaction(numbers[i], &handler, NULL);
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	int error = read_line(password, reason);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	for (int i = 0; i < SIGNALS; i++)
		sigaction(numbers[i], &before[i], NULL);
	return error;
}

static int ask(const char *question, char *password, struct reason *reason) {
	bool terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
	fprintf(stderr, "%s: ", question);
	int error = terminal ? read_quietly(password, reason) : read_line(password, reason);
	fputc('\n', stderr);
	return error == -ENODATA ? reason_set(reason, error, "no password was given") : error;
}

static int ask_twice(const char *question, char *password, struct reason *reason) {
	char again[PASSWD_MAX + 1] = "";
	int error = ask(question, password, reason);
	if (!error && password[0])
		error = ask("The same again", again, reason);
	if (!error && strcmp(again, password) != 0)
		error = reason_set(reason, -EINVAL, "the two passwords differ; nothing was written");
	explicit_bzero(again, sizeof again);
	return error;
}

static int gather(struct passwd_pair *passwd, struct reason *reason) {
	int error;
	if (isatty(STDIN_FILENO)) {
		error = ask_twice("Password for full control", passwd->full, reason);
		if (!error && passwd->full[0])
			error = ask_twice("Password for viewing only (empty: none)", passwd->view, reason);
	} else {
		error = read_line(passwd->full, reason);
		if (!error && (error = read_line(passwd->view, reason)) == -ENODATA)
			error = 0;
	}
	if (error == -ENODATA || (!error && !passwd->full[0]))
		error = reason_set(
			reason, -EINVAL, "an empty password is not a password; nothing was written");
	if (!error && strncmp(passwd->full, passwd->view, 8) == 0)
		error = reason_set(reason, -EINVAL,
			"the two passwords must differ in their first 8 bytes; nothing was written");
	return error;
}

/* A mistyped name must not destroy /etc/passwd or a device: only a password file, or an empty file, is
 * replaced. */
static int check_place(const char *path, struct reason *reason) {
	struct passwd_pair old;
	struct reason unused;
	struct stat status;
	if (stat(path, &status) || (S_ISREG(status.st_mode) && status.st_size == 0))
		return 0;
	int error = passwd_read(path, &old, &unused);
	passwd_wipe(&old);
	if (!error || (error == -EACCES && access(path, R_OK) == 0))
		return 0; /* a password file that others can read is replaced, too */
	return reason_set(reason, -EEXIST,
		"%s exists already and is no password file; give another name, or remove it first", path);
}

int passwd_run(const char *path, struct reason *reason) {
	struct passwd_pair passwd = {0};
	gid_t group;
	setvbuf(stdin, NULL, _IONBF, 0); /* no copy of the password in stdio's buffer */
	int error = check_place(path, reason);
	if (!error)
		error = gather(&passwd, reason);
	if (!error && (strlen(passwd.full) > 8 || strlen(passwd.view) > 8))
		fprintf(stderr,
			"zerovnc: VNC authentication looks at the first 8 bytes only; the RSA-AES types use all of it\n");
	if (!error)
		error = passwd_write(path, &passwd, reason);
	if (!error && find_reader(&group))
		fprintf(stderr,
			"zerovnc: %s can be read by root and the group %s, as which the service runs\n", path,
			ENTRANCE_USER);
	passwd_wipe(&passwd);
	return error;
}
