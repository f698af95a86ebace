/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/tcp.h"

#include <linux/sockios.h>
#include <linux/tcp.h> /* glibc's own struct tcp_info ends before the fields of Linux 4.6 */
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

size_t tcp_under_way(int fd) {
	int bytes = 0;
	ioctl(fd, SIOCOUTQ, &bytes);
	return (size_t)bytes;
}

bool tcp_look(int fd, struct tcp_way *way) {
	struct tcp_info info = {0};
	socklen_t size = sizeof info;
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size))
		return false;
	*way = (struct tcp_way){
		.round_trip = info.tcpi_rtt,
		.shortest = info.tcpi_min_rtt,
		.rate = info.tcpi_delivery_rate,
		.unsent = info.tcpi_notsent_bytes,
		.under_way = tcp_under_way(fd),
		.silence = (uint64_t)info.tcpi_last_ack_recv * 1000,
		.probes = info.tcpi_probes,
	};
	return true;
}
