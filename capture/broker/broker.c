/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/broker/broker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/base/processor.h"
#include "capture/broker/entrance.h"

enum {
	MOST_DESKS = HEADS_MAX + 16, /* the screens of a desktop, and what comes and goes at once */
	SLOTS = 2,                   /* of each desk: its connection, and its screen's events */
};

struct broker {
	const struct broker_options *options;
	struct desk *desks[MOST_DESKS];
	size_t count;
	struct processor_follower follower;
	bool refused; /* and said so, since one was served */
};

void broker_say(const char *what, const char *why) {
	fprintf(stderr, "zerovnc-broker: %s%s\n", what, why);
}

static void refuse(struct broker *broker, int fd, const char *why) {
	if (!broker->refused)
		broker_say("a connection was refused: ", why);
	broker->refused = true;
	close(fd);
}

static void accept_client(struct broker *broker) {
	int fd = accept4(broker->options->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	if (!entrance_admits(fd, broker->options->uid)) {
		refuse(broker, fd, "it is of another user (--user)");
		return;
	}
	if (broker->count == MOST_DESKS) {
		refuse(broker, fd, "there are too many");
		return;
	}
	struct desk *desk = desk_create(fd, broker->options->services);
	if (desk)
		broker->desks[broker->count++] = desk;
	broker->refused = false;
}

static void drop(struct broker *broker, size_t index) {
	desk_destroy(broker->desks[index]);
	broker->desks[index] = broker->desks[--broker->count];
}

static nfds_t list(const struct broker *broker, struct pollfd *slots) {
	nfds_t count = 0;
	for (size_t i = 0; i < broker->count; i++) {
		slots[count++] = (struct pollfd){.fd = broker->desks[i]->fd, .events = POLLIN};
		slots[count++] = (struct pollfd){.fd = desk_event_fd(broker->desks[i]), .events = POLLIN};
	}
	slots[count++] = (struct pollfd){.fd = broker->options->listener, .events = POLLIN};
	slots[count++] = (struct pollfd){.fd = broker->options->lifeline};
	return count;
}

static void answer_one(struct broker *broker, size_t index) {
	if (desk_answer(broker->desks[index]) == 0)
		processor_follow(&broker->follower, broker->desks[index]->processor);
	else
		drop(broker, index);
}

/* 0; -EPIPE. */
static int answer(struct broker *broker, const struct pollfd *slots, nfds_t count) {
	/* From the last one, because a desk that goes gives its place to the last. */
	for (size_t i = broker->count; i-- > 0;) {
		if (slots[SLOTS * i + 1].revents)
			desk_pass_event(broker->desks[i], slots[SLOTS * i + 1].revents);
		if (slots[SLOTS * i].revents)
			answer_one(broker, i);
	}
	if (slots[count - 2].revents)
		accept_client(broker);
	return slots[count - 1].revents ? -EPIPE : 0;
}

int broker_run(const struct broker_options *options) {
	struct broker broker = {.options = options};
	struct pollfd slots[SLOTS * MOST_DESKS + 2];
	sigset_t during;
	int error = 0;
	sigemptyset(&during);
	processor_follower_init(&broker.follower);
	while (!*options->ended && !error) {
		nfds_t count = list(&broker, slots);
		if (ppoll(slots, count, NULL, &during) > 0)
			error = answer(&broker, slots, count);
		else if (errno != EINTR)
			error = -errno;
	}
	while (broker.count)
		drop(&broker, broker.count - 1);
	return error;
}
