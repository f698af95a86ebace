/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/jail/jail.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/base/confine.h"
#include "capture/broker/porter.h"
#include "capture/monitor/monitor.h"
#include "encode/path.h"
#include "server/config/config.h"
#include "server/config/monitor.h"
#include "server/jail/calls.h"
#include "server/jail/files.h"
#include "server/log.h"
#include "server/net/auth/security.h"
#include "server/session/resizer.h"

static bool strict; /* everything is taken, because the broker and the login helper have what it takes */
static bool calls_are_restricted;
static struct reason words,
	lacking; /* for the log, once the server has started: what was taken, and what was not */

/* --- what this server needs --- */

/* Whether viewers may log in by a user's name, for which this process asks PAM itself. */
static bool asks_pam(const struct config *config) {
	struct security_list list = {.count = 0};
	struct reason ignored;
	if (config->login_helper || !config->security ||
		security_list_parse(config->security, &list, &ignored) != 0)
		return false;
	for (size_t i = 0; i < list.count; i++) {
		enum security_proof proof = security_infos[list.types[i]].proof;
		if (proof == SECURITY_PROOF_USER || proof == SECURITY_PROOF_EITHER)
			return true;
	}
	return false;
}

static bool makes_monitor(const struct config *config) {
	struct monitor_wish wish;
	struct reason ignored;
	return config_monitor(config->monitor, &wish, &ignored) > 0;
}

/* Whether a viewer's wish may give a monitor that is there already another size, which takes rights that
 * this process does not keep. */
static bool resizes_monitor(const struct config *config) {
	struct monitor monitor;
	return config->resize != CONFIG_KEEP_SIZE && geteuid() == 0 && monitor_made("", &monitor) == 0;
}

/* What servers need for ports below 1024; and what root needs for the screen, for other users' files and
 * sockets, and for PAM. */
static int give_up_capabilities(void) {
	static const int kept[] = {CAP_NET_BIND_SERVICE, CAP_SYS_ADMIN, CAP_CHOWN, CAP_FOWNER,
		CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_SETUID, CAP_SETGID, CAP_AUDIT_WRITE, CAP_SYS_NICE};
	return confine_capabilities(kept, strict ? 1 : ARRAY_LEN(kept));
}

static int restrict_calls(bool pam) {
	int error = strict ? jail_calls_allow() : 0;
	if (!error)
		error = jail_calls_refuse(!pam);
	return error;
}

/* --- the processes that are left behind --- */

struct helper {
	const char *name;
	int (*restrict_calls)(void);
	void (*serve)(int fd, const char *const *paths, size_t count);
};

static void serve_probes(int fd, const char *const *paths, size_t count) {
	(void)paths;
	(void)count;
	path_serve_probes(fd);
}

/* It starts before anything is restricted. Root may write to its own files without any capability. */
static void serve_sizes(int fd, const char *const *paths, size_t count) {
	(void)paths;
	(void)count;
	if (confine_for_good() != 0 || confine_capabilities(NULL, 0) != 0)
		return;
	int error = jail_calls_refuse(true);
	if (!error || error == -ENOSYS)
		resizer_serve(fd);
}

static const struct helper sizer = {"zerovnc-resize", NULL, serve_sizes};
static const struct helper prober = {"zerovnc-probe", jail_calls_prober, serve_probes};
static const struct helper porter = {"zerovnc-porter", jail_calls_porter, porter_serve};

/* It ends with the server, which reads its signals; so it ignores those of a terminal and of a service
 * manager. */
static void run(const struct helper *helper, int fd, const char *const *paths, size_t count) {
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP};
	enum { OWN = STDERR_FILENO + 1 };
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, helper->name);
	for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
		signal(ignored[i], SIG_IGN);
	if (dup2(fd, OWN) == OWN && syscall(SYS_close_range, OWN + 1, ~0U, 0) == 0 &&
		(!calls_are_restricted || helper->restrict_calls() == 0))
		helper->serve(OWN, paths, count);
	_exit(0);
}

/* Returns the socket to it, or -errno. */
static int start(const struct helper *helper, const char *const *paths, size_t count) {
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return -errno;
	pid_t child = fork();
	int error = child < 0 ? -errno : 0;
	if (child == 0)
		run(helper, ends[1], paths, count);
	close(ends[1]);
	if (error)
		close(ends[0]);
	return error ? error : ends[0];
}

static int start_prober(void) {
	int fd = start(&prober, NULL, 0);
	if (fd >= 0)
		path_use_prober(fd);
	return fd < 0 ? fd : 0;
}

static int start_sizer(void) {
	int fd = start(&sizer, NULL, 0);
	if (fd >= 0)
		resizer_use(fd);
	return fd < 0 ? fd : 0;
}

static int start_porter(const struct config *config) {
	const char *paths[PORTER_PATHS];
	size_t count = 0;
	paths[count++] = config->broker;
	paths[count++] = RESIZER_SOCKET;
	if (config->login_helper)
		paths[count++] = config->login_helper;
	int fd = start(&porter, paths, count);
	if (fd >= 0)
		porter_use(fd, paths, count);
	return fd < 0 ? fd : 0;
}

static int start_helpers(const struct config *config, bool pam) {
	int error = pam ? 0 : start_prober();
	return !error && strict ? start_porter(config) : error;
}

/* --- entering --- */

static void describe(bool pam, long landlock) {
	reason_set(&words, 0, "sandbox: %s",
		strict ? "no capabilities but that for low ports" : "only capabilities that servers need");
	if (landlock > 0)
		reason_append(&words, ", no files but the system's and its own (Landlock %ld)", landlock);
	if (calls_are_restricted)
		reason_append(&words, ", %s",
			strict ? "only system calls that servers make, no sockets of other services"
			       : "no system calls that servers never make");
	if (calls_are_restricted && !pam)
		reason_append(&words, ", no other programs");
	if (pam)
		reason_append(
			&words, "; PAM may need the rest, unless another process asks it (--login-helper)");
}

static int no_process(int error, struct reason *reason) {
	return reason_set(reason, error, "no process can be started: %s", strerror(-error));
}

/* If the kernel lacks something, the server is as safe as before, and the administrator is told. */
static int take(const struct config *config, bool pam, struct reason *reason) {
	long landlock = 0;
	int error = !strict && resizes_monitor(config) ? start_sizer() : 0;
	if (error)
		return no_process(error, reason);
	error = confine_for_good();
	if (!error)
		error = give_up_capabilities();
	if (error)
		return reason_set(reason, error, "capabilities cannot be given up: %s", strerror(-error));
	if (!pam)
		error = jail_files_restrict(config, strict, &landlock, &lacking);
	if (error)
		return reason_set(
			reason, error, "files cannot be restricted by Landlock: %s", strerror(-error));
	error = restrict_calls(pam);
	calls_are_restricted = !error;
	if (error && error != -ENOSYS)
		return reason_set(
			reason, error, "system calls cannot be restricted by seccomp: %s", strerror(-error));
	if (error)
		reason_append(&lacking, "%sthis kernel cannot restrict system calls (CONFIG_SECCOMP_FILTER)",
			lacking.text[0] ? "; " : "");
	error = start_helpers(config, pam);
	if (error)
		return no_process(error, reason);
	describe(pam, landlock);
	return 0;
}

int jail_enter(const struct config *config, struct reason *reason) {
	bool pam = asks_pam(config);
	if (config->no_sandbox)
		return reason_set(&words, 0, "sandbox: none, because of --no-sandbox");
	if (pam && geteuid() != 0)
		return reason_set(&words, 0,
			"sandbox: none, because PAM's programs need rights of their own, unless another process asks it (--login-helper)");
	if (makes_monitor(config) && !config->broker)
		return reason_set(
			&words, 0, "sandbox: none, because --monitor loads and removes the kernel's modules");
	strict = config->broker && !pam;
	int error = take(config, pam, reason);
	if (error)
		reason_append(reason, "; --no-sandbox serves without");
	return error;
}

int jail_close(struct reason *reason) {
	int error = strict && calls_are_restricted ? jail_calls_close() : 0;
	if (error)
		return reason_set(reason, error, "system calls cannot be restricted in all threads: %s",
			strerror(-error));
	log_info("%s", words.text);
	if (lacking.text[0])
		log_warning("sandbox: %s", lacking.text);
	return 0;
}
