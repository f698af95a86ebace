/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/listen/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "server/net/endpoint.h"
#include "tests/test.h"

static void refuses_nonsense(void) {
	static const char *const wrong[] = {"", "65536", "localhost", "127.0.0.1:", "127.0.0.1:65536",
		"127.0.0.1:59x0", "::1:5900", "unix:", "unix:/tmp/x,mode=8",
		"unix:/tmp/x,mode=", "fd:", "fd:x", "fd:-1", "fd:999999", "300.1.1.1:5900"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct listener_sockets sockets = {0};
		struct reason reason = {""};
		CHECK_SAY(listener_open(wrong[i], &sockets, &reason) < 0, "'%s'", wrong[i]);
		CHECK_SAY(reason.text[0] && !sockets.count, "'%s'", wrong[i]);
		listener_close(&sockets);
	}
	char long_path[200] = "unix:/tmp/";
	memset(long_path + 10, 'x', sizeof long_path - 11);
	struct listener_sockets sockets = {0};
	struct reason reason = {""};
	CHECK(listener_open(long_path, &sockets, &reason) == -ENAMETOOLONG && strstr(reason.text, "shorter"));
}

/* What is refused because of its spelling, and the spelling that is suggested: that one is accepted. */
static void names_the_right_spelling(void) {
	static const struct {
		const char *wrong, *right;
	} rows[] = {
		{"127.0.0.1", "127.0.0.1:5900"},
		{"localhost", "localhost:5900"},
		{"0.0.0.0:", "0.0.0.0:5900"},
		{"[::1]", "[::1]:5900"},
		{"[::1]:", "[::1]:5900"},
		{"::1", "[::1]:5900"},
		{"::", "[::]:5900"},
		{"::1:5901", "[::1]:5901"},
		{"fe80::1:2:3:5901", "[fe80::1:2:3]:5901"},
		{"2001:db8:0:0:0:0:0:1", "[2001:db8:0:0:0:0:0:1]:5900"},
		{"127.0.0.1::5901", "127.0.0.1:5901"},
		{"::5901", "5901"},
		{"tcp://127.0.0.1:5901", "127.0.0.1:5901"},
		{"vnc://localhost:5901", "localhost:5901"},
		{"tcp:127.0.0.1:5901", "127.0.0.1:5901"},
		{"/run/vnc.sock", "unix:/run/vnc.sock"},
		{"./vnc.sock", "unix:./vnc.sock"},
		{"127.0.0.1:5900,[::1]:5900", NULL},
		{"127.0.0.1 5900", NULL},
		{"127.0.0.1:5900x", NULL},
		{"127.0.0.1:-1", NULL},
		{"host:a:5900", NULL},
		{":99999", NULL},
		{"99999", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct reason reason = {""};
		char words[100];
		CHECK_SAY(listener_check(rows[i].wrong, &reason) == -EINVAL, "%s", rows[i].wrong);
		CHECK_SAY(strstr(reason.text, rows[i].wrong), "%s: %s", rows[i].wrong, reason.text);
		snprintf(words, sizeof words, "write --listen=%s", rows[i].right ? rows[i].right : "");
		CHECK_SAY(strstr(reason.text, rows[i].right ? words : "expected"), "%s: %s", rows[i].wrong,
			reason.text);
		CHECK_SAY(!rows[i].right || listener_check(rows[i].right, &reason) == 0, "%s", rows[i].right);
	}
	static const char *const right[] = {"5901", "0", ":5901", "*:5901", "[::]:0", "host.example:80",
		"unix:/x", "unix:/x,mode=0660", "fd:3", "systemd", "[fe80::1%lo]:5901"};
	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		struct reason reason = {""};
		CHECK_SAY(listener_check(right[i], &reason) == 0, "%s: %s", right[i], reason.text);
	}
}

/* A port alone means this machine only. A port after a colon means all addresses. */
static void a_port_alone_is_for_this_machine(void) {
	struct listener_sockets sockets = {0};
	struct reason reason = {""};
	CHECK_SAY(listener_open("0", &sockets, &reason) == 0, "%s", reason.text);
	CHECK(sockets.count >= 1 && sockets.count <= 2);
	CHECK(strncmp(sockets.list[0].address, "127.0.0.1:", 10) == 0);
	CHECK(sockets.count == 1 || strncmp(sockets.list[1].address, "[::1]:", 6) == 0);
	for (size_t i = 0; i < sockets.count; i++)
		CHECK(!sockets.list[i].exposed);
	/* all or nothing, if another socket has the port */
	struct listener_sockets second = {0};
	const char *port = strrchr(sockets.list[0].address, ':') + 1;
	CHECK(listener_open(port, &second, &reason) == -EADDRINUSE && !second.count);
	listener_close(&sockets);
	listener_close(&second);
	CHECK(listener_open(":0", &sockets, &reason) == 0 && sockets.list[0].exposed);
	listener_close(&sockets);
}

static void a_port_in_use_has_a_remedy(void) {
	struct listener_sockets first = {0}, second = {0};
	struct reason reason;
	CHECK(listener_open("127.0.0.1:0", &first, &reason) == 0);
	CHECK(strncmp(first.list[0].address, "127.0.0.1:", 10) == 0 && !first.list[0].exposed);
	CHECK(listener_open(first.list[0].address, &second, &reason) == -EADDRINUSE);
	CHECK(strstr(reason.text, "--listen"));
	listener_close(&first);
	listener_close(&second);
}

/* The server listens at an address before the machine has it. So only the log reports a typing error in an
 * address. */
static void waits_for_an_address(void) {
	struct listener_sockets sockets = {0};
	struct reason reason;
	CHECK_SAY(listener_open("192.0.2.77:0", &sockets, &reason) == 0, "%s", reason.text);
	CHECK(sockets.count == 1 && sockets.list[0].awaited && sockets.list[0].exposed);
	CHECK(listener_open("127.0.0.1:0", &sockets, &reason) == 0 && !sockets.list[1].awaited);
	CHECK(listener_open("0.0.0.0:0", &sockets, &reason) == 0 && !sockets.list[2].awaited);
	if (listener_open("[2001:db8::77]:0", &sockets, &reason) == 0)
		CHECK(sockets.list[3].awaited && sockets.list[3].exposed);
	listener_close(&sockets);
}

static void knows_who_can_reach_it(void) {
	struct listener_sockets sockets = {0};
	struct reason reason;
	CHECK(listener_open("0.0.0.0:0", &sockets, &reason) == 0 && sockets.list[0].exposed);
	CHECK(listener_open("127.0.0.2:0", &sockets, &reason) == 0 && !sockets.list[1].exposed);
	if (listener_open("[::]:0", &sockets, &reason) == 0)
		CHECK(sockets.list[2].exposed);
	listener_close(&sockets);
}

static void unix_sockets(void) {
	char folder[] = "/tmp/zerovnc-listener-XXXXXX", what[200], path[100];
	CHECK(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/socket", folder);
	snprintf(what, sizeof what, "unix:%s,mode=0660", path);
	struct listener_sockets sockets = {0};
	struct reason reason;
	CHECK(listener_open(what, &sockets, &reason) == 0);
	struct stat status;
	CHECK(stat(path, &status) == 0 && (status.st_mode & 07777) == 0660 && !sockets.list[0].exposed);
	/* in use */
	struct listener_sockets second = {0};
	CHECK(listener_open(what, &second, &reason) == -EADDRINUSE);
	/* left by a server that was killed: the file remains, but nobody listens */
	close(dup(sockets.list[0].fd));
	sockets.list[0].path[0] = 0;
	listener_close(&sockets);
	CHECK(stat(path, &status) == 0);
	snprintf(what, sizeof what, "unix:%s", path);
	CHECK(listener_open(what, &sockets, &reason) == 0);
	CHECK(stat(path, &status) == 0 && (status.st_mode & 07777) == 0600);
	listener_close(&sockets);
	CHECK(stat(path, &status) < 0 && errno == ENOENT);
	/* something else with that name is left alone */
	CHECK(close(open(path, O_CREAT | O_WRONLY, 0600)) == 0);
	CHECK(listener_open(what, &sockets, &reason) == -EADDRINUSE);
	CHECK(stat(path, &status) == 0 && S_ISREG(status.st_mode));
	listener_close(&sockets);
	unlink(path);
	rmdir(folder);
}

static void peers_choose_no_odd_names(void) {
	struct sockaddr_un here = {.sun_family = AF_UNIX}, odd = {.sun_family = AF_UNIX};
	char folder[] = "/tmp/zerovnc-listener-XXXXXX", text[64];
	CHECK(mkdtemp(folder));
	snprintf(here.sun_path, sizeof here.sun_path, "%s/socket", folder);
	snprintf(odd.sun_path, sizeof odd.sun_path, "%s/a\"\n\\\xff", folder);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), peer = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(listener, (struct sockaddr *)&here, sizeof here) == 0 && listen(listener, 1) == 0);
	CHECK(bind(peer, (struct sockaddr *)&odd, sizeof odd) == 0);
	CHECK(connect(peer, (struct sockaddr *)&here, sizeof here) == 0);
	int fd = accept(listener, NULL, NULL);
	CHECK(fd >= 0);
	endpoint_peer_name(fd, text, sizeof text);
	CHECK_SAY(strstr(text, "/a\\\"\\x0a\\\\\\xff"), "%s", text);
	close(fd);
	close(peer);
	close(listener);
	unlink(odd.sun_path);
	unlink(here.sun_path);
	rmdir(folder);
}

static void passed_sockets(void) {
	struct listener_sockets sockets = {0};
	struct reason reason, skipped;
	int pair[2];
	char what[20];
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	snprintf(what, sizeof what, "fd:%d", pair[0]);
	CHECK(listener_open(what, &sockets, &reason) == 0);
	CHECK(sockets.list[0].connected && fcntl(pair[0], F_GETFD) == FD_CLOEXEC);
	CHECK(fcntl(pair[0], F_GETFL) & O_NONBLOCK);
	listener_close(&sockets);
	close(pair[1]);
	CHECK(listener_open("systemd", &sockets, &reason) == -ENOENT);
	/* as systemd does it: the sockets start at descriptor 3 */
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(listen(fd, 1) == 0 && dup2(fd, 3) == 3);
	char pid[20];
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	CHECK(listener_open_default(&sockets, &skipped, &reason) == 0 && !skipped.text[0]);
	CHECK(sockets.count == 1 && sockets.list[0].fd == 3 && !sockets.list[0].connected);
	listener_close(&sockets);
	if (fd != 3)
		close(fd);
}

/* What PAM's rules use: an address without its port, and IPv4 as IPv4 even on a socket of both families. */
static void peers_have_hosts(void) {
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
	struct sockaddr_in6 to[] = {{.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT},
		{.sin6_family = AF_INET6,
			.sin6_addr.s6_addr = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}}};
	static const char *const hosts[] = {"::1", "127.0.0.1"}, *const names[] = {"[::1]:", "127.0.0.1:"};
	char text[64];
	socklen_t size = sizeof any;
	int no = 0, listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), pair[2];
	bool both = listener >= 0 && !setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no) &&
		    !bind(listener, (struct sockaddr *)&any, sizeof any) && !listen(listener, 8) &&
		    !getsockname(listener, (struct sockaddr *)&any, &size);
	for (size_t i = 0; both && i < 2; i++) { /* a machine without IPv6 does not have such sockets */
		int here = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
		to[i].sin6_port = any.sin6_port;
		CHECK(connect(here, (struct sockaddr *)&to[i], sizeof to[i]) == 0);
		int there = accept(listener, NULL, NULL);
		endpoint_peer_host(there, text, sizeof text);
		CHECK_SAY(strcmp(text, hosts[i]) == 0, "%s", text);
		endpoint_peer_name(there, text, sizeof text);
		CHECK_SAY(strncmp(text, names[i], strlen(names[i])) == 0, "%s", text);
		CHECK(close(here) == 0 && close(there) == 0);
	}
	if (listener >= 0)
		close(listener);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	endpoint_peer_host(pair[0], text, sizeof text);
	CHECK_SAY(strcmp(text, "localhost") == 0, "%s", text);
	close(pair[0]);
	close(pair[1]);
}

int main(void) {
	refuses_nonsense();
	names_the_right_spelling();
	a_port_alone_is_for_this_machine();
	a_port_in_use_has_a_remedy();
	waits_for_an_address();
	knows_who_can_reach_it();
	unix_sockets();
	peers_choose_no_odd_names();
	peers_have_hosts();
	passed_sockets();
	return 0;
}
