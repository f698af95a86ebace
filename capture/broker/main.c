/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zerovnc-broker: reads what other programs show, and hands framebuffers to the server as dma-bufs. It also
 * makes the input devices. It knows no GL, no network and no configuration. The capability that reading takes
 * is with a process of its own, the keyholder, which is left behind at once. One thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/broker/broker.h"
#include "capture/broker/entrance.h"
#include "capture/broker/key.h"
#include "capture/broker/sandbox.h"
#include "capture/heads.h"
#include "capture/kms/device.h"
#include "capture/machine.h"

static const struct entrance_program program = {"zerovnc-broker", "/run/zerovnc-broker/socket",
	"Reads this machine's screens for zerovnc, and makes its keyboard and pointer. Needs root."};

static struct entrance entrance;
static bool outdated; /* another process has to go on */

/* --- what clients may have --- */

/* The machine's own screens. The built-in pattern is the server's. */
static int open_screen(const struct source_options *options, struct source **source, struct reason *why) {
	int error = machine_open(options, source, why);
	if (error && sandbox_is_outdated()) {
		outdated = true;
		entrance.ended = true;
	}
	return error;
}

static int make_device(enum input_device_kind kind, const struct input_device_options *options, int *fd,
	struct reason *why) {
	int error = input_device_open(fd, why);
	if (error)
		return error;
	error = input_device_make(*fd, kind, options, why);
	if (error) {
		close(*fd);
		*fd = -1;
	}
	return error;
}

static const struct desk_services services = {open_screen, heads_find, make_device};

/* --- the start --- */

/* What a kernel lacks for one of the two processes, it lacks for both. */
static int enter_sandboxes(void) {
	struct reason reason;
	int error = key_await(&reason);
	if (!error)
		error = sandbox_enter(&reason);
	if (reason.text[0])
		broker_say("", reason.text);
	return error;
}

static void say_why(int error) {
	if (error == -EPIPE)
		broker_say(
			"the process that has CAP_SYS_ADMIN ended: ", "the broker has to be started again");
	else if (error)
		broker_say("it cannot wait for requests any more: ", strerror(-error));
	if (outdated)
		broker_say("/dev/dri was made anew: ", "the broker has to be started again");
}

static int run(void) {
	const struct broker_options options = {.listener = entrance.listener,
		.lifeline = key_lifeline(),
		.uid = entrance.uid,
		.services = &services,
		.ended = &entrance.ended};
	if (enter_sandboxes() != 0)
		return ENTRANCE_FAILED;
	if (!kms_device_may_capture())
		broker_say("it cannot read other programs' framebuffers: ",
			"run it as root, or by its systemd unit");
	broker_say("ready", "");
	int error = broker_run(&options);
	say_why(error);
	return error || outdated ? ENTRANCE_FAILED : ENTRANCE_DONE;
}

int main(int argc, char **argv) {
	struct reason reason;
	if (key_hand_over(&reason) != 0) {
		broker_say("", reason.text);
		return ENTRANCE_FAILED;
	}
	int status = entrance_begin(&entrance, &program, argc, argv);
	if (status >= 0)
		return status;
	clearenv();
	return run();
}
