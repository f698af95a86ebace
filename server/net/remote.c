/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/remote.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "server/log.h"
#include "server/net/auth/local_users.h"
#include "server/net/endpoint.h"
#include "server/net/listen/sockets.h"

static void find_user(struct remote *remote, int fd, struct local_users *local_users) {
	struct reason reason;
	int error = local_user_find(fd, &remote->user, &reason);
	if (error == -EOPNOTSUPP)
		local_users_cannot_tell(local_users, remote->address, &reason);
	if (error)
		log_debug("%s: its user is not known: %s", remote->address, reason.text);
}

/* A connection from our own address counts for the user who made it, if the kernel tells who that is. */
static struct place place_of(const struct local_user *user, int fd) {
	struct sockaddr_storage here = {0}, there = {0};
	socklen_t here_size = sizeof here, there_size = sizeof there;
	getsockname(fd, (struct sockaddr *)&here, &here_size);
	getpeername(fd, (struct sockaddr *)&there, &there_size);
	struct place ours = place_of_address((struct sockaddr *)&here);
	struct place theirs = place_of_address((struct sockaddr *)&there);
	bool is_user = user->known && place_same(&ours, &theirs);
	return is_user ? place_of_user(user->uid) : theirs;
}

void remote_find(
	struct remote *remote, int fd, const struct listener_socket *by, struct local_users *local_users) {
	char user[80];
	*remote = (struct remote){.exposed = by->exposed, .loopback = by->loopback};
	endpoint_peer_name(fd, remote->address, sizeof remote->address);
	find_user(remote, fd, local_users);
	local_users_describe(local_users, &remote->user, user, sizeof user);
	snprintf(remote->who, sizeof remote->who, "%s%s%s%s", remote->address, user[0] ? " (" : "", user,
		user[0] ? ")" : "");
	remote->place = place_of(&remote->user, fd);
}
