/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <rfb/rfb.h>
#include <rfb/rfbregion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/base/thread.h"
#include "server/vnc/encode.h"
#include "server/vnc/state.h"

enum { STACK_SIZE = 1 << 20 };

static void signal_eventfd(int fd, uint64_t count) {
	ssize_t written = write(fd, &count, sizeof count);
	(void)written; /* the write fails only if the descriptor is readable already */
}

void vnc_viewer_wake(struct vnc_viewer *viewer) {
	signal_eventfd(viewer->wake_fd, 1);
}

void vnc_viewer_draws_cursor(struct vnc_viewer *viewer, bool draws) {
	viewer->draws_cursor = draws;
}

void vnc_viewer_show(struct vnc_viewer *viewer, struct picture_store *instead) {
	viewer->update.store = instead ? instead : viewer->vnc->store;
	vnc_viewer_wake(viewer);
}

void vnc_viewer_release(struct vnc_viewer *viewer) {
	if (atomic_fetch_sub(&viewer->references, 1) != 1)
		return;
	if (viewer->answered_fd >= 0)
		close(viewer->answered_fd);
	if (viewer->wake_fd >= 0)
		close(viewer->wake_fd);
	vnc_update_finish(&viewer->update);
	free(viewer);
}

/* Lets the library read one message. The link writes whole ones, so it never waits for the rest. */
static void read_message(struct vnc_viewer *viewer) {
	rfbClientPtr client = viewer->screen.client;
	uint8_t type;
	vnc_update_adopt_if_told(&viewer->update);
	if (recv(client->sock, &type, 1, MSG_PEEK) == 1 && type == rfbFramebufferUpdateRequest)
		viewer->open_requests++;
	rfbProcessClientMessage(client);
	viewer->encoding = client->preferredEncoding;
}

/* Returns false if the viewer must be ended. */
static bool serve_requests(struct vnc_viewer *viewer) {
	rfbClientPtr client = viewer->screen.client;
	if (client->sock == RFB_INVALID_SOCKET)
		return false;
	if (!sraRgnEmpty(client->requestedRegion) && !vnc_update_send(&viewer->update, viewer->draws_cursor))
		return false;
	if (client->sock == RFB_INVALID_SOCKET)
		return false;
	/* A request outside the framebuffer requests nothing, and nothing is sent for it. */
	if (viewer->open_requests && sraRgnEmpty(client->requestedRegion)) {
		signal_eventfd(viewer->answered_fd, viewer->open_requests);
		viewer->open_requests = 0;
		viewer->updates++;
	}
	return true;
}

/* Returns the timeout for poll(). A change between the last look and raising `waiting` wakes nobody, so it is
 * looked for here. */
static int patience(struct vnc_viewer *viewer) {
	if (!viewer->open_requests)
		return -1;
	if (vnc_update_slipped_by(&viewer->update, viewer->draws_cursor))
		return 0;
	return vnc_update_wait_ms(&viewer->update);
}

static void *viewer_thread(void *argument) {
	pthread_setname_np(pthread_self(), "viewer");
	struct vnc_viewer *viewer = argument;
	struct pollfd fds[] = {{.fd = viewer->screen.client->sock, .events = POLLIN},
		{.fd = viewer->wake_fd, .events = POLLIN}};
	while (!viewer->quit) {
		viewer->waiting = viewer->open_requests > 0;
		if (poll(fds, 2, patience(viewer)) < 0 && errno != EINTR)
			break;
		viewer->waiting = false;
		uint64_t ignored;
		if (fds[1].revents && read(viewer->wake_fd, &ignored, sizeof ignored) < 0 && errno != EAGAIN)
			break;
		if (viewer->quit)
			break;
		if (fds[0].revents)
			read_message(viewer);
		if (!serve_requests(viewer))
			break;
	}
	vnc_screen_close(&viewer->screen); /* ends the stream: the link sees its end */
	vnc_remove_viewer(viewer->vnc, viewer);
	return NULL;
}

static int start_thread(struct vnc_viewer *viewer) {
	pthread_t thread;
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	viewer->references = 2;
	vnc_add_viewer(viewer->vnc, viewer);
	int error = thread_start(&thread, &attributes, viewer_thread, viewer);
	if (error)
		vnc_remove_viewer(viewer->vnc, viewer);
	pthread_attr_destroy(&attributes);
	return error;
}

/* Opens a screen as large as the newest picture. */
static int open_screen(struct vnc_viewer *viewer, struct picture_store *store, struct reason *reason) {
	struct vnc *vnc = viewer->vnc;
	uint32_t width, height;
	if (!picture_store_generation(store, &width, &height))
		return reason_set(reason, -EAGAIN, "there is no picture to show yet");
	vnc_update_init(&viewer->update, vnc, store, &viewer->screen, width, height);
	return vnc_screen_open(&viewer->screen, vnc->prototype, &viewer->update.framebuffer.desktop,
		&viewer->stream_fd, reason);
}

int vnc_viewer_create(
	struct vnc *vnc, struct picture_store *instead, struct vnc_viewer **result, struct reason *reason) {
	struct vnc_viewer *viewer = calloc(1, sizeof *viewer);
	if (!viewer)
		return reason_set(reason, -ENOMEM, "out of memory");
	viewer->vnc = vnc;
	viewer->references = 1;
	viewer->stream_fd = -1;
	viewer->answered_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	viewer->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int error;
	if (viewer->answered_fd < 0 || viewer->wake_fd < 0)
		error = reason_set(
			reason, -errno, "cannot create an eventfd for the viewer: %s", strerror(errno));
	else if ((error = open_screen(viewer, instead ? instead : vnc->store, reason)) == 0 &&
		 (error = start_thread(viewer)) < 0)
		reason_set(reason, error, "cannot start a thread for the viewer: %s", strerror(-error));
	if (error == 0) {
		*result = viewer;
		return 0;
	}
	vnc_screen_close(&viewer->screen);
	if (viewer->stream_fd >= 0)
		close(viewer->stream_fd);
	vnc_viewer_release(viewer);
	return error;
}

void vnc_viewer_destroy(struct vnc_viewer *viewer) {
	if (!viewer)
		return;
	viewer->quit = true;
	vnc_viewer_wake(viewer);
	shutdown(viewer->stream_fd, SHUT_RDWR); /* whatever the library is about to write then fails at
						 * once */
	close(viewer->stream_fd);
	vnc_viewer_release(viewer);
}

int vnc_viewer_stream_fd(const struct vnc_viewer *viewer) {
	return viewer->stream_fd;
}

int vnc_viewer_answered_fd(const struct vnc_viewer *viewer) {
	return viewer->answered_fd;
}

void vnc_viewer_known(struct vnc_viewer *viewer, struct framebuffer_known *known) {
	vnc_update_known(&viewer->update, known);
}

void vnc_viewer_adopt(struct vnc_viewer *viewer, const struct framebuffer_known *known) {
	vnc_update_adopt(&viewer->update, known);
}

void vnc_viewer_desktop(struct vnc_viewer *viewer, struct encoder_desktop *desktop) {
	vnc_update_desktop(&viewer->update, desktop);
}

void vnc_viewer_report(struct vnc_viewer *viewer, struct encoder_report *report) {
	snprintf(report->encoding, sizeof report->encoding, "%s", vnc_encode_name(viewer->encoding));
	report->quality = -1;
	report->updates = viewer->updates;
	report->mixed_updates = viewer->update.mixed_updates;
	struct encoder_desktop desktop;
	vnc_viewer_desktop(viewer, &desktop);
	report->width = desktop.width;
	report->height = desktop.height;
}
