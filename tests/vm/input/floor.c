/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * floor PORT: shows the least time that a key can take here. It reads key messages of 8 bytes from one
 * connection, writes each at once to a uinput keyboard of its own ("floor keyboard"), and does nothing else.
 * The server is measured beside it.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int make_keyboard(void) {
	struct uinput_setup setup = {.id.bustype = BUS_VIRTUAL, .name = "floor keyboard"};
	int fd = open("/dev/uinput", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, UI_SET_EVBIT, EV_KEY) < 0 || ioctl(fd, UI_SET_KEYBIT, KEY_A) < 0 ||
		ioctl(fd, UI_DEV_SETUP, &setup) < 0 || ioctl(fd, UI_DEV_CREATE) < 0)
		return -1;
	return fd;
}

static int accept_one(unsigned short port) {
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int yes = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
		bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 1) < 0)
		return -1;
	return accept(listener, NULL, NULL);
}

int main(int count, char **words) {
	int keyboard = make_keyboard();
	int peer = keyboard < 0 || count != 2 ? -1 : accept_one((unsigned short)atoi(words[1]));
	unsigned char message[8];
	if (peer < 0) {
		perror("floor");
		return 1;
	}
	while (recv(peer, message, sizeof message, MSG_WAITALL) == sizeof message) {
		struct input_event events[] = {
			{.type = EV_KEY, .code = KEY_A, .value = message[1]}, {.type = EV_SYN}};
		if (write(keyboard, events, sizeof events) != sizeof events)
			return 1;
	}
	return 0;
}
