/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/vnc/screen.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "encode/rfb/protocol.h"
#include "server/log.h"
#include "server/net/tcp.h"

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

/* The picture's pixels are 0x00RRGGBB words. libvncserver's own 32-bit format has red and blue the other way
 * round. */
static void set_server_format(rfbScreenInfoPtr screen) {
	screen->serverFormat.depth = 24;
	screen->serverFormat.redShift = 16;
	screen->serverFormat.greenShift = 8;
	screen->serverFormat.blueShift = 0;
	screen->depth = 24;
}

static const struct encoder_desktop *desktop_of(rfbClientPtr client) {
	return ((const struct vnc_screen *)client->screen->screenData)->desktop;
}

static int count_screens(rfbClientPtr client) {
	return (int)desktop_of(client)->screen_count;
}

static rfbBool get_screen(int index, rfbExtDesktopScreen *to, rfbClientPtr client) {
	const struct picture_screen *screen = &desktop_of(client)->screens[index];
	*to = (rfbExtDesktopScreen){.id = screen->id,
		.x = (uint16_t)screen->place.x,
		.y = (uint16_t)screen->place.y,
		.width = (uint16_t)screen->place.width,
		.height = (uint16_t)screen->place.height};
	return TRUE;
}

rfbScreenInfoPtr vnc_screen_prototype(void) {
	rfbLog = library_log;
	rfbErr = library_log;
	signal(SIGPIPE, SIG_IGN);
	rfbScreenInfoPtr screen = rfbGetScreen(NULL, NULL, 64, 64, 8, 3, 4);
	if (!screen)
		return NULL;
	set_server_format(screen);
	screen->desktopName = ""; /* only ServerInit contains it: see drop_server_init() */
	screen->port = screen->ipv6port = 0;
	screen->alwaysShared = TRUE;
	screen->cursor = NULL;
	screen->deferUpdateTime = 0;
	screen->maxRectsPerUpdate = 0; /* if there are more than this, they become their bounding box; 0:
					* never */
	screen->permitFileTransfer = FALSE;
	screen->maxClientWait = 24 * 3600 * 1000; /* whether a viewer reads too slowly is for the gateway to
						   * decide */
	screen->numberOfExtDesktopScreensHook = count_screens;
	screen->getExtDesktopScreenHook = get_screen;
	FD_ZERO(&screen->allFds);
	return screen;
}

static int copy_prototype(struct vnc_screen *screen, const rfbScreenInfo *prototype, struct reason *reason) {
	/* The prototype is as large as the library made it: a newer library than the one at build time has
	 * more members. */
	size_t size = malloc_usable_size((void *)prototype);
	screen->info = malloc(size);
	if (!screen->info)
		return reason_set(reason, -ENOMEM, "out of memory");
	memcpy(screen->info, prototype, size);
	INIT_MUTEX(screen->info->cursorMutex);
	screen->info->screenData = screen;
	screen->info->width = (int)screen->desktop->width;
	screen->info->height = (int)screen->desktop->height;
	screen->info->paddedWidthInBytes = screen->info->width * 4;
	return 0;
}

enum {
	PAIR_SIZE = 512 << 10,
	PAIR_OVERHEAD = 8 << 10, /* by how much the last write before was short of a whole block of memory */
};

/* Creates the socket pair. The library's end goes through select(): a large number would be written past its
 * fd_set. */
static int create_pair(int *stream_fd, int *library_fd, struct reason *reason) {
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return reason_set(
			reason, -errno, "cannot create a socket pair for the viewer: %s", strerror(errno));
	if (pair[0] < pair[1]) {
		*library_fd = pair[0];
		*stream_fd = pair[1];
	} else {
		*library_fd = pair[1];
		*stream_fd = pair[0];
	}
	/* the more the pair holds, the less often the two ends have to wake each other; the kernel decides
	 * how much it allows */
	setsockopt(*library_fd, SOL_SOCKET, SO_SNDBUF, &(int){PAIR_SIZE}, sizeof(int));
	if (*library_fd < FD_SETSIZE)
		return 0;
	close(*library_fd);
	return reason_set(reason, -EMFILE, "too many open files for one more viewer");
}

/* The gateway sends a ServerInit of its own. The library's lies in the pair already, and its name is
 * empty. */
static int drop_server_init(int stream_fd) {
	uint8_t init[SERVER_INIT_SIZE + 1];
	return read(stream_fd, init, sizeof init) == SERVER_INIT_SIZE ? 0 : -EPROTO;
}

/*
 * Takes the library from its greeting to ServerInit without waiting for anything. The viewer's half of the
 * handshake lies in the pair before the library looks, and the gateway has done the real handshake already.
 * What the library answers (version, the list of security types, the result, ServerInit) is dropped.
 */
static int settle_handshake(struct vnc_screen *screen, int stream_fd, int library_fd) {
	static const char ours[] = PROTOCOL_VERSION "\x01\x01"; /* security type None, shared */
	uint8_t theirs[PROTOCOL_VERSION_SIZE + 2 + 4];
	if (write(stream_fd, ours, sizeof ours - 1) != sizeof ours - 1) {
		close(library_fd);
		return -EIO;
	}
	screen->client = rfbNewClient(screen->info, library_fd);
	if (!screen->client)
		return -EIO;
	int size = 0;
	getsockopt(library_fd, SOL_SOCKET, SO_SNDBUF, &size, &(socklen_t){sizeof size});
	screen->pair_size = (size_t)size;
	for (int i = 0; i < 3 && screen->client->sock != RFB_INVALID_SOCKET; i++)
		rfbProcessClientMessage(screen->client);
	if (screen->client->sock == RFB_INVALID_SOCKET || screen->client->state != RFB_NORMAL)
		return -EPROTO;
	if (read(stream_fd, theirs, sizeof theirs) != sizeof theirs)
		return -EPROTO;
	return drop_server_init(stream_fd);
}

int vnc_screen_open(struct vnc_screen *screen, const rfbScreenInfo *prototype,
	const struct encoder_desktop *desktop, int *stream_fd, struct reason *reason) {
	*screen = (struct vnc_screen){.desktop = desktop};
	*stream_fd = -1;
	int library_fd = -1;
	int error = copy_prototype(screen, prototype, reason);
	if (error == 0)
		error = create_pair(stream_fd, &library_fd, reason);
	if (error == 0 && (error = settle_handshake(screen, *stream_fd, library_fd)) < 0)
		reason_set(reason, error, "libvncserver did not accept the viewer");
	if (error == 0)
		return 0;
	vnc_screen_close(screen);
	if (*stream_fd >= 0)
		close(*stream_fd);
	*stream_fd = -1;
	return error;
}

/* To keep a block of the library's in the pair takes 2 % more than its size; smaller writes take more. */
bool vnc_screen_has_room(const struct vnc_screen *screen, size_t bytes) {
	size_t used = tcp_under_way(screen->client->sock);
	return used + bytes + bytes / 16 + PAIR_OVERHEAD <= screen->pair_size;
}

/* Linux reports a unix socket as writable if at most a quarter of it is used. */
void vnc_screen_wait_for_room(const struct vnc_screen *screen) {
	struct pollfd writable = {.fd = screen->client->sock, .events = POLLOUT};
	while (poll(&writable, 1, -1) < 0 && errno == EINTR)
		;
}

size_t vnc_screen_room(const struct vnc_screen *screen) {
	size_t free_then = screen->pair_size / 4 * 3;
	return free_then > 2 * PAIR_OVERHEAD ? (free_then - PAIR_OVERHEAD) / 17 * 16 : free_then / 2;
}

/* It finds a pixel by its place in the whole framebuffer, the beginning of which need not exist. */
void vnc_screen_point_at(
	rfbScreenInfoPtr info, const uint32_t *pixels, size_t stride, const struct rect *part) {
	size_t before = (size_t)part->y * stride + (size_t)part->x;
	info->frameBuffer = (char *)((uintptr_t)pixels - before * sizeof *pixels);
	info->paddedWidthInBytes = (int)(stride * sizeof *pixels);
}

void vnc_screen_close(struct vnc_screen *screen) {
	if (screen->client) {
		if (screen->client->sock != RFB_INVALID_SOCKET)
			rfbCloseClient(screen->client);
		rfbClientConnectionGone(screen->client);
	}
	screen->client = NULL;
	if (screen->info)
		rfbScreenCleanup(screen->info);
	screen->info = NULL;
}
