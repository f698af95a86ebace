/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/vnc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <rfb/rfb.h>
#include <rfb/rfbregion.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/log.h"
#include "server/overlay.h"

enum { STACK_SIZE = 1 << 20 };

struct vnc {
	struct picture_store *store;
	char *name;
	/*
	 * Every viewer's screen is a copy of this one. rfbGetScreen() must not be called while the library
	 * runs in another thread: it initialises the library's global client list mutex anew each time
	 * (0.9.14).
	 */
	rfbScreenInfoPtr prototype;

	pthread_mutex_t lock;
	pthread_cond_t none_left;
	struct vnc_viewer *viewers;     /* whose threads run; through vnc_viewer.next */
	struct cursor cursor;           /* under lock */
	_Atomic uint64_t cursor_serial; /* counts its changes */
};

struct vnc_viewer {
	struct vnc *vnc;
	struct vnc_viewer *next, **link; /* vnc.viewers, under vnc.lock */

	int stream_fd;   /* ours: the gateway's end of the pair */
	int answered_fd; /* eventfd, written by the thread */
	int wake_fd;     /* eventfd, read by the thread */
	_Atomic bool quit;
	_Atomic bool waiting; /* an update request is open: a new picture is news */
	_Atomic bool draws_cursor;
	_Atomic int references; /* the owner and the thread */

	/* The thread's own from here on. */
	rfbScreenInfoPtr screen;
	rfbClientPtr client;
	uint64_t seen; /* generation of the picture sent last */
	struct damage damage;
	struct frame_rect *rectangles; /* room for damage's */
	size_t rectangle_capacity;
	uint32_t picture_width, picture_height; /* of the picture seen last */
	uint8_t *fixed;          /* own pixels, where the viewer cannot follow a new size or draw a cursor */
	bool follows;            /* `fixed` is as large as the picture */
	struct overlay *overlay; /* the cursor painted over `fixed`; NULL: none ever was */
	struct cursor *cursor;   /* as of cursor_serial; likewise */
	uint64_t cursor_serial;
	uint64_t open_requests; /* read by the library and not answered */

	_Atomic uint64_t updates;
	_Atomic int encoding;
	_Atomic uint32_t width, height;
};

static void library_line(enum log_level level, const char *format, va_list arguments) {
	char line[512];
	vsnprintf(line, sizeof line, format, arguments);
	line[strcspn(line, "\n")] = '\0';
	if (line[0])
		log_write(level, "libvncserver: %s", line);
}

static void library_log(const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	library_line(LOG_LEVEL_DEBUG, format, arguments);
	va_end(arguments);
}

/* The picture's bytes are 0x00RRGGBB words; libvncserver's own idea of a 32-bit format has red and blue the
 * other way. */
static void set_server_format(rfbScreenInfoPtr screen) {
	screen->serverFormat.depth = 24;
	screen->serverFormat.redShift = 16;
	screen->serverFormat.greenShift = 8;
	screen->serverFormat.blueShift = 0;
	screen->depth = 24;
}

struct vnc *vnc_create(struct picture_store *store, const char *name) {
	struct vnc *vnc = calloc(1, sizeof *vnc);
	if (!vnc)
		return NULL;
	rfbLog = library_log;
	rfbErr = library_log;
	signal(SIGPIPE, SIG_IGN);
	pthread_mutex_init(&vnc->lock, NULL);
	pthread_cond_init(&vnc->none_left, NULL);
	vnc->store = store;
	vnc->name = strdup(name);
	vnc->prototype = rfbGetScreen(NULL, NULL, 64, 64, 8, 3, 4);
	if (!vnc->name || !vnc->prototype) {
		vnc_destroy(vnc);
		return NULL;
	}
	rfbScreenInfoPtr screen = vnc->prototype;
	set_server_format(screen);
	screen->desktopName = vnc->name;
	screen->port = screen->ipv6port = 0;
	screen->alwaysShared = TRUE;
	screen->cursor = NULL;
	screen->deferUpdateTime = 0;
	screen->maxRectsPerUpdate = 0; /* more than this many become their bounding box; 0: never */
	screen->permitFileTransfer = FALSE;
	screen->maxClientWait = 24 * 3600 * 1000; /* who reads too slowly is the gateway's to judge */
	FD_ZERO(&screen->allFds);
	return vnc;
}

void vnc_destroy(struct vnc *vnc) {
	if (!vnc)
		return;
	pthread_mutex_lock(&vnc->lock);
	while (vnc->viewers)
		pthread_cond_wait(&vnc->none_left, &vnc->lock);
	pthread_mutex_unlock(&vnc->lock);
	if (vnc->prototype)
		rfbScreenCleanup(vnc->prototype);
	pthread_cond_destroy(&vnc->none_left);
	pthread_mutex_destroy(&vnc->lock);
	free(vnc->name);
	free(vnc);
}

static void signal_eventfd(int fd, uint64_t count) {
	ssize_t written = write(fd, &count, sizeof count);
	(void)written; /* it fails only where it is readable already */
}

void vnc_picture_published(struct vnc *vnc) {
	pthread_mutex_lock(&vnc->lock);
	for (struct vnc_viewer *viewer = vnc->viewers; viewer; viewer = viewer->next)
		if (viewer->waiting)
			signal_eventfd(viewer->wake_fd, 1);
	pthread_mutex_unlock(&vnc->lock);
}

void vnc_set_cursor(struct vnc *vnc, const struct cursor *cursor) {
	pthread_mutex_lock(&vnc->lock);
	if (cursor_differs(cursor, &vnc->cursor)) {
		cursor_copy(&vnc->cursor, cursor);
		vnc->cursor_serial++;
		for (struct vnc_viewer *viewer = vnc->viewers; viewer; viewer = viewer->next)
			if (viewer->waiting && !viewer->draws_cursor)
				signal_eventfd(viewer->wake_fd, 1);
	}
	pthread_mutex_unlock(&vnc->lock);
}

void vnc_viewer_draws_cursor(struct vnc_viewer *viewer, bool draws) {
	viewer->draws_cursor = draws;
}

static void viewer_free(struct vnc_viewer *viewer) {
	if (atomic_fetch_sub(&viewer->references, 1) != 1)
		return;
	if (viewer->answered_fd >= 0)
		close(viewer->answered_fd);
	if (viewer->wake_fd >= 0)
		close(viewer->wake_fd);
	damage_finish(&viewer->damage);
	free(viewer->rectangles);
	free(viewer->fixed);
	free(viewer->overlay);
	free(viewer->cursor);
	free(viewer);
}

/* The viewer's library half goes: on the thread, or before there is one. */
static void close_library(struct vnc_viewer *viewer) {
	if (viewer->client) {
		if (viewer->client->sock != RFB_INVALID_SOCKET)
			rfbCloseClient(viewer->client);
		rfbClientConnectionGone(viewer->client);
	}
	viewer->client = NULL;
	if (viewer->screen)
		rfbScreenCleanup(viewer->screen);
	viewer->screen = NULL;
}

static bool grow_rectangles(struct vnc_viewer *viewer) {
	size_t needed = damage_rectangles_max(&viewer->damage);
	if (needed <= viewer->rectangle_capacity)
		return true;
	struct frame_rect *rectangles = realloc(viewer->rectangles, needed * sizeof *rectangles);
	if (!rectangles)
		return false;
	viewer->rectangles = rectangles;
	viewer->rectangle_capacity = needed;
	return true;
}

static struct overlay_canvas canvas_of(const struct vnc_viewer *viewer) {
	rfbScreenInfoPtr screen = viewer->screen;
	return (struct overlay_canvas){
		viewer->fixed, (size_t)screen->width * 4, (uint32_t)screen->width, (uint32_t)screen->height};
}

static void drop_fixed(struct vnc_viewer *viewer) {
	free(viewer->fixed);
	viewer->fixed = NULL;
	viewer->follows = false;
	if (viewer->overlay)
		viewer->overlay->painted.width = 0;
}

/*
 * The picture has another size than the viewer's framebuffer. A viewer that knows NewFBSize follows; any
 * other keeps its size and sees the upper left part, black beside it.
 */
static bool follow_size(struct vnc_viewer *viewer, const struct picture *picture) {
	rfbScreenInfoPtr screen = viewer->screen;
	rfbClientPtr client = viewer->client;
	uint32_t width = (uint32_t)screen->width, height = (uint32_t)screen->height;
	if (picture->width == width && picture->height == height) {
		drop_fixed(viewer);
	} else if (client->useNewFBSize) {
		drop_fixed(viewer);
		width = (uint32_t)(screen->width = (int)picture->width);
		height = (uint32_t)(screen->height = (int)picture->height);
		client->newFBSizePending = TRUE;
	} else {
		uint8_t *fixed = calloc(height, (size_t)width * 4);
		if (!fixed)
			return false;
		drop_fixed(viewer);
		viewer->fixed = fixed;
	}
	viewer->picture_width = picture->width;
	viewer->picture_height = picture->height;
	viewer->width = width;
	viewer->height = height;
	viewer->seen = 0;
	sraRgnDestroy(client->modifiedRegion);
	client->modifiedRegion = sraRgnCreateRect(0, 0, (int)width, (int)height);
	return true;
}

static void mark(struct vnc_viewer *viewer, const struct frame_rect *r) {
	sraRegionPtr region =
		sraRgnCreateRect(r->x, r->y, r->x + (int32_t)r->width, r->y + (int32_t)r->height);
	sraRgnOr(viewer->client->modifiedRegion, region);
	sraRgnDestroy(region);
}

/* --- the cursor in the picture --- */

/* The newest cursor; NULL where this viewer draws it itself, or there is none to be seen. */
static const struct cursor *cursor_to_paint(struct vnc_viewer *viewer) {
	struct vnc *vnc = viewer->vnc;
	if (viewer->draws_cursor || vnc->cursor_serial == 0)
		return NULL;
	if (!viewer->cursor)
		viewer->cursor = calloc(1, sizeof *viewer->cursor);
	if (!viewer->cursor) {
		viewer->cursor_serial = vnc->cursor_serial; /* until it changes again */
		return NULL;
	}
	if (viewer->cursor_serial != vnc->cursor_serial) {
		pthread_mutex_lock(&vnc->lock);
		cursor_copy(viewer->cursor, &vnc->cursor);
		viewer->cursor_serial = vnc->cursor_serial;
		pthread_mutex_unlock(&vnc->lock);
	}
	return viewer->cursor->visible && viewer->cursor->shape ? viewer->cursor : NULL;
}

/* Gives the viewer pixels of its own to paint on, equal to the picture. Without memory it goes without. */
static void take_canvas(struct vnc_viewer *viewer, const struct picture *picture) {
	if (!viewer->overlay)
		viewer->overlay = calloc(1, sizeof *viewer->overlay);
	if (!viewer->overlay || viewer->fixed)
		return;
	viewer->fixed = calloc((size_t)viewer->screen->height, (size_t)viewer->screen->width * 4);
	if (!viewer->fixed)
		return;
	viewer->follows = true;
	struct overlay_canvas canvas = canvas_of(viewer);
	overlay_copy(&canvas, picture, (struct frame_rect){0, 0, picture->width, picture->height});
}

static void paint_cursor(
	struct vnc_viewer *viewer, const struct picture *picture, const struct cursor *cursor) {
	if (!viewer->overlay || !viewer->fixed)
		return;
	struct frame_rect changed[2];
	struct overlay_canvas canvas = canvas_of(viewer);
	size_t count = overlay_update(viewer->overlay, cursor, &canvas, picture, changed);
	for (size_t i = 0; i < count; i++)
		mark(viewer, &changed[i]);
	if (viewer->draws_cursor && viewer->follows)
		drop_fixed(viewer);
}

/* Adds to the client's modified region what changed since the picture it saw last. */
static bool mark_changes(struct vnc_viewer *viewer, const struct picture *picture) {
	if (picture_damage_since(picture, viewer->seen, &viewer->damage) < 0 || !grow_rectangles(viewer))
		return false;
	size_t count = damage_rectangles(&viewer->damage, viewer->rectangles, viewer->rectangle_capacity);
	struct overlay_canvas canvas = canvas_of(viewer);
	for (size_t i = 0; i < count; i++) {
		struct frame_rect *r = &viewer->rectangles[i];
		int32_t right = r->x + (int32_t)r->width, bottom = r->y + (int32_t)r->height;
		if (viewer->fixed) {
			right = right < viewer->screen->width ? right : viewer->screen->width;
			bottom = bottom < viewer->screen->height ? bottom : viewer->screen->height;
			if (right <= r->x || bottom <= r->y)
				continue;
			r->width = (uint32_t)(right - r->x);
			r->height = (uint32_t)(bottom - r->y);
			overlay_copy(&canvas, picture, *r);
		}
		mark(viewer, r);
	}
	viewer->seen = picture->generation;
	return true;
}

static void point_library_at(struct vnc_viewer *viewer, const struct picture *picture) {
	rfbScreenInfoPtr screen = viewer->screen;
	if (viewer->fixed) {
		screen->frameBuffer = (char *)viewer->fixed;
		screen->paddedWidthInBytes = screen->width * 4;
	} else {
		screen->frameBuffer = (char *)picture->pixels;
		screen->paddedWidthInBytes = (int)picture->stride;
	}
}

static bool asks_for_all(const struct vnc_viewer *viewer) {
	sraRegionPtr rest = sraRgnCreateRect(0, 0, viewer->screen->width, viewer->screen->height);
	sraRgnSubtract(rest, viewer->client->requestedRegion);
	bool all = sraRgnEmpty(rest);
	sraRgnDestroy(rest);
	return all;
}

/* Follows a new size. Who asked for all that there was is to be shown all that there is: the request still
 * covers the old size only, and the viewer's new framebuffer would stay empty beside it. */
static bool resize(struct vnc_viewer *viewer, const struct picture *picture) {
	rfbClientPtr client = viewer->client;
	bool all = asks_for_all(viewer);
	if (!follow_size(viewer, picture))
		return false;
	if (all) {
		sraRgnDestroy(client->requestedRegion);
		client->requestedRegion =
			sraRgnCreateRect(0, 0, viewer->screen->width, viewer->screen->height);
	}
	return true;
}

/* Sends what the open request may have by now. False: out of memory, the viewer must go. */
static bool answer(struct vnc_viewer *viewer) {
	rfbClientPtr client = viewer->client;
	const struct picture *picture = picture_store_acquire(viewer->vnc->store);
	if (!picture)
		return true;
	/* A viewer may learn to follow sizes later than it was shown one, hence the second condition. */
	bool resized = picture->width != viewer->picture_width || picture->height != viewer->picture_height;
	bool learnt = viewer->fixed && !viewer->follows && client->useNewFBSize;
	bool good = (!resized && !learnt) || resize(viewer, picture);
	const struct cursor *cursor = cursor_to_paint(viewer);
	if (good && cursor)
		take_canvas(viewer, picture);
	good = good && mark_changes(viewer, picture);
	if (good) {
		paint_cursor(viewer, picture, cursor);
		point_library_at(viewer, picture);
	}
	/* A new size goes out as an update of its own and leaves the request open: hence once more. */
	for (int i = 0;
		good && i < 2 && client->sock != RFB_INVALID_SOCKET && !sraRgnEmpty(client->requestedRegion);
		i++)
		rfbUpdateClient(client);
	picture_store_release(viewer->vnc->store, picture);
	return good;
}

/* Lets the library read one message. The gateway writes whole ones, so it never waits for the rest. */
static void read_message(struct vnc_viewer *viewer) {
	uint8_t type;
	if (recv(viewer->client->sock, &type, 1, MSG_PEEK) == 1 && type == rfbFramebufferUpdateRequest)
		viewer->open_requests++;
	rfbProcessClientMessage(viewer->client);
	viewer->encoding = viewer->client->preferredEncoding;
}

/* False: the viewer must go. */
static bool serve_requests(struct vnc_viewer *viewer) {
	rfbClientPtr client = viewer->client;
	if (client->sock == RFB_INVALID_SOCKET)
		return false;
	if (!sraRgnEmpty(client->requestedRegion) && !answer(viewer))
		return false;
	if (client->sock == RFB_INVALID_SOCKET)
		return false;
	/* A request outside the framebuffer leaves nothing requested: it is answered by nothing. */
	if (viewer->open_requests && sraRgnEmpty(client->requestedRegion)) {
		signal_eventfd(viewer->answered_fd, viewer->open_requests);
		viewer->open_requests = 0;
		viewer->updates++;
	}
	return true;
}

/* Whether a newer picture or cursor came between the last look and raising the flag that asks to be told. */
static bool picture_slipped_by(struct vnc_viewer *viewer) {
	return picture_store_generation(viewer->vnc->store, NULL, NULL) > viewer->seen ||
	       (!viewer->draws_cursor && viewer->vnc->cursor_serial != viewer->cursor_serial);
}

static void *viewer_thread(void *argument) {
	pthread_setname_np(pthread_self(), "viewer");
	struct vnc_viewer *viewer = argument;
	struct vnc *vnc = viewer->vnc;
	struct pollfd fds[] = {
		{.fd = viewer->client->sock, .events = POLLIN}, {.fd = viewer->wake_fd, .events = POLLIN}};
	while (!viewer->quit) {
		viewer->waiting = viewer->open_requests > 0;
		int timeout = viewer->open_requests && picture_slipped_by(viewer) ? 0 : -1;
		if (poll(fds, 2, timeout) < 0 && errno != EINTR)
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
	close_library(viewer); /* ends the stream: the gateway sees its end */
	pthread_mutex_lock(&vnc->lock);
	*viewer->link = viewer->next;
	if (viewer->next)
		viewer->next->link = viewer->link;
	bool last = !vnc->viewers;
	viewer_free(viewer);
	if (last)
		pthread_cond_signal(&vnc->none_left);
	pthread_mutex_unlock(&vnc->lock);
	return NULL;
}

/*
 * Takes the library from its greeting to ServerInit without waiting for anything: the viewer's half of the
 * talk lies in the pair before the library looks, and the gateway has done the real one already. What the
 * library says up to ServerInit (version, the list of security types, the result) is swallowed.
 */
static int settle_handshake(struct vnc_viewer *viewer, int library_fd) {
	static const char ours[] = "RFB 003.008\n\x01\x01"; /* version, security type None, shared */
	uint8_t theirs[12 + 2 + 4];
	if (write(viewer->stream_fd, ours, sizeof ours - 1) != sizeof ours - 1) {
		close(library_fd);
		return -EIO;
	}
	viewer->client = rfbNewClient(viewer->screen, library_fd);
	if (!viewer->client)
		return -EIO;
	for (int i = 0; i < 3 && viewer->client->sock != RFB_INVALID_SOCKET; i++)
		rfbProcessClientMessage(viewer->client);
	if (viewer->client->sock == RFB_INVALID_SOCKET || viewer->client->state != RFB_NORMAL)
		return -EPROTO;
	return read(viewer->stream_fd, theirs, sizeof theirs) == sizeof theirs ? 0 : -EPROTO;
}

static int start_thread(struct vnc_viewer *viewer) {
	struct vnc *vnc = viewer->vnc;
	pthread_t thread;
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_mutex_lock(&vnc->lock);
	viewer->references = 2;
	int error = pthread_create(&thread, &attributes, viewer_thread, viewer);
	if (error) {
		viewer->references = 1;
	} else {
		viewer->link = &vnc->viewers;
		viewer->next = vnc->viewers;
		if (viewer->next)
			viewer->next->link = &viewer->next;
		vnc->viewers = viewer;
	}
	pthread_mutex_unlock(&vnc->lock);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -error;
}

/* A screen of the viewer's own, as large as the newest picture. */
static int create_screen(struct vnc_viewer *viewer, struct reason *reason) {
	const struct picture *picture = picture_store_acquire(viewer->vnc->store);
	if (!picture)
		return reason_set(reason, -EAGAIN, "there is no picture to show yet");
	viewer->picture_width = picture->width;
	viewer->picture_height = picture->height;
	picture_store_release(viewer->vnc->store, picture);
	viewer->width = viewer->picture_width;
	viewer->height = viewer->picture_height;

	viewer->screen = calloc(1, sizeof *viewer->screen);
	if (!viewer->screen)
		return reason_set(reason, -ENOMEM, "out of memory");
	*viewer->screen = *viewer->vnc->prototype;
	INIT_MUTEX(viewer->screen->cursorMutex);
	viewer->screen->width = (int)viewer->width;
	viewer->screen->height = (int)viewer->height;
	viewer->screen->paddedWidthInBytes = (int)viewer->width * 4;
	return 0;
}

/* The library's end. It goes through select(): a large number would be written past its fd_set. */
static int create_pair(struct vnc_viewer *viewer, int *library_fd, struct reason *reason) {
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return reason_set(reason, -errno, "no socket pair for the viewer: %s", strerror(errno));
	if (pair[0] < pair[1]) {
		*library_fd = pair[0];
		viewer->stream_fd = pair[1];
	} else {
		*library_fd = pair[1];
		viewer->stream_fd = pair[0];
	}
	if (*library_fd < FD_SETSIZE)
		return 0;
	close(*library_fd);
	return reason_set(reason, -EMFILE, "too many open files for one more viewer");
}

int vnc_viewer_create(struct vnc *vnc, struct vnc_viewer **result, struct reason *reason) {
	struct vnc_viewer *viewer = calloc(1, sizeof *viewer);
	if (!viewer)
		return reason_set(reason, -ENOMEM, "out of memory");
	viewer->vnc = vnc;
	viewer->references = 1;
	viewer->stream_fd = -1;
	damage_init(&viewer->damage);
	viewer->answered_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	viewer->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int error, library_fd = -1;
	if (viewer->answered_fd < 0 || viewer->wake_fd < 0)
		error = reason_set(reason, -errno, "no event for the viewer: %s", strerror(errno));
	else if ((error = create_screen(viewer, reason)) == 0 &&
		 (error = create_pair(viewer, &library_fd, reason)) == 0) {
		if ((error = settle_handshake(viewer, library_fd)) < 0)
			reason_set(reason, error, "libvncserver did not take the viewer");
		else if ((error = start_thread(viewer)) < 0)
			reason_set(reason, error, "no thread for the viewer: %s", strerror(-error));
	}
	if (error == 0) {
		*result = viewer;
		return 0;
	}
	close_library(viewer);
	if (viewer->stream_fd >= 0)
		close(viewer->stream_fd);
	viewer_free(viewer);
	return error;
}

void vnc_viewer_destroy(struct vnc_viewer *viewer) {
	if (!viewer)
		return;
	viewer->quit = true;
	signal_eventfd(viewer->wake_fd, 1);
	shutdown(viewer->stream_fd, SHUT_RDWR); /* whatever the library is about to write fails at once */
	close(viewer->stream_fd);
	viewer_free(viewer);
}

int vnc_viewer_stream_fd(const struct vnc_viewer *viewer) {
	return viewer->stream_fd;
}

int vnc_viewer_answered_fd(const struct vnc_viewer *viewer) {
	return viewer->answered_fd;
}

void vnc_viewer_report(struct vnc_viewer *viewer, struct vnc_viewer_report *report) {
	static const struct {
		int number;
		const char *name;
	} encodings[] = {
		{rfbEncodingRaw, "Raw"},
		{rfbEncodingRRE, "RRE"},
		{rfbEncodingCoRRE, "CoRRE"},
		{rfbEncodingHextile, "Hextile"},
		{rfbEncodingZlib, "Zlib"},
		{rfbEncodingTight, "Tight"},
		{rfbEncodingUltra, "Ultra"},
		{rfbEncodingZRLE, "ZRLE"},
		{rfbEncodingZYWRLE, "ZYWRLE"},
	};
	int encoding = viewer->encoding;
	snprintf(report->encoding, sizeof report->encoding, "%s", encoding == -1 ? "Raw" : "other");
	for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++)
		if (encodings[i].number == encoding)
			snprintf(report->encoding, sizeof report->encoding, "%s", encodings[i].name);
	report->updates = viewer->updates;
	report->width = viewer->width;
	report->height = viewer->height;
}
