/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protocol: the numbers of RFB, each of them once. What they mean to this server is said where they are used.
 *
 * Sources, named in front of each part: RFC 6143 by its sections, and the community's protocol document
 * (rfbproto) by the names of its sections. Numbers that neither has come from UltraVNC's rfbproto.h, from
 * what VMware's browser viewer (WMKS) sends, and from ETSI TS 103 544-2 (Car Connectivity).
 *
 * Tests write the numbers out again on purpose: they check these.
 */
#ifndef ZEROVNC_PROTOCOL_H
#define ZEROVNC_PROTOCOL_H

/* --- the handshake --- */

/* RFC 6143, 7.1.1. The newest version that exists is the one that we offer. */
#define PROTOCOL_VERSION "RFB 003.008\n"
enum { PROTOCOL_VERSION_SIZE = sizeof PROTOCOL_VERSION - 1 };

/* RFC 6143, 7.1.2 and 7.2; rfbproto, "Security" for RSA-AES and VeNCrypt. */
enum {
	SECURITY_RFB_INVALID = 0, /* in RFB 3.3: the connection failed, and a reason follows */
	SECURITY_RFB_NONE = 1,
	SECURITY_RFB_VNC = 2,
	SECURITY_RFB_RA2 = 5,
	SECURITY_RFB_RA2NE = 6,
	SECURITY_RFB_VENCRYPT = 19,
	SECURITY_RFB_RA2_256 = 129,
	SECURITY_RFB_RA2NE_256 = 130,
};

/* RFC 6143, 7.1.3 (SecurityResult). */
enum { SECURITY_RESULT_OK = 0, SECURITY_RESULT_FAILED = 1 };

/* rfbproto, "VeNCrypt": its version, its subtypes, and what the server says to either. */
enum { VENCRYPT_MAJOR = 0, VENCRYPT_MINOR = 2 };
enum {
	VENCRYPT_PLAIN = 256,
	VENCRYPT_TLS_NONE = 257,
	VENCRYPT_TLS_VNC = 258,
	VENCRYPT_TLS_PLAIN = 259,
	VENCRYPT_X509_NONE = 260,
	VENCRYPT_X509_VNC = 261,
	VENCRYPT_X509_PLAIN = 262,
};
enum { VENCRYPT_VERSION_TAKEN = 0, VENCRYPT_VERSION_REFUSED = 0xff };
enum { VENCRYPT_TYPE_REFUSED = 0, VENCRYPT_TYPE_TAKEN = 1 };

/* rfbproto, "RSA-AES Security Type": what the server asks for. */
enum { RSA_WANTS_USER_AND_PASSWORD = 1, RSA_WANTS_PASSWORD = 2 };

/* --- messages of the viewer --- */

/* RFC 6143, 7.5 up to MESSAGE_CUT_TEXT; the rest as rfbproto, "Client to Server Messages", lists them, and
 * as the sources above do. */
enum message_type {
	MESSAGE_SET_PIXEL_FORMAT = 0,
	MESSAGE_FIX_COLOUR_MAP = 1, /* of RFB 3.3 */
	MESSAGE_SET_ENCODINGS = 2,
	MESSAGE_UPDATE_REQUEST = 3,
	MESSAGE_KEY = 4,
	MESSAGE_POINTER = 5,
	MESSAGE_CUT_TEXT = 6,
	MESSAGE_FILE_TRANSFER = 7, /* up to MESSAGE_NOTIFY_PLUGIN: UltraVNC's */
	MESSAGE_SET_SCALE = 8,
	MESSAGE_SET_SERVER_INPUT = 9,
	MESSAGE_SET_SW = 10,
	MESSAGE_TEXT_CHAT = 11,
	MESSAGE_KEY_FRAME_REQUEST = 12,
	MESSAGE_KEEP_ALIVE = 13,
	MESSAGE_SET_SCALE_FACTOR = 15,
	MESSAGE_REQUEST_SESSION = 20,
	MESSAGE_SET_SESSION = 21,
	MESSAGE_NOTIFY_PLUGIN = 80,
	MESSAGE_VMWARE = 127,
	MESSAGE_CAR_CONNECTIVITY = 128,
	MESSAGE_CONTINUOUS_UPDATES = 150,
	MESSAGE_FENCE = 248,
	MESSAGE_OLIVE = 249,
	MESSAGE_XVP = 250,
	MESSAGE_SET_DESKTOP_SIZE = 251,
	MESSAGE_TIGHT_FILE_TRANSFER = 252,
	MESSAGE_GII = 253,
	MESSAGE_SET_MONITOR = 254, /* UltraVNC's */
	MESSAGE_QEMU = 255,
};

/* rfbproto, "QEMU Client Message": its kinds, and what may be asked of audio. */
enum { QEMU_KEY = 0, QEMU_AUDIO = 1 };
enum { QEMU_AUDIO_ENABLE = 0, QEMU_AUDIO_DISABLE = 1, QEMU_AUDIO_FORMAT = 2 };

/* rfbproto, "ClientFence". */
enum { MESSAGE_FENCE_BLOCK_BEFORE = 1, MESSAGE_FENCE_BLOCK_AFTER = 2, MESSAGE_FENCE_SYNC_NEXT = 4 };
#define MESSAGE_FENCE_REQUEST 0x80000000u
enum { MESSAGE_MAX_FENCE = 64 }; /* bytes of payload */

/* The top bit of a pointer event's mask, with which a byte more follows: rfbproto, "ExtendedMouseButtons
 * Pseudo-encoding". */
enum { POINTER_EXTENDED = 0x80 };

/* What a coordinate of a pointer event is if the pointer did not move: rfbproto, "QEMU Pointer Motion Change
 * Pseudo-encoding". */
enum { POINTER_MOTION_MIDDLE = 0x7fff };

/* UltraVNC's file transfer: the content type in which the upper half of the file's size follows its name. */
enum { FILE_TRANSFER_OFFER = 8 };

/* --- messages of the server --- */

/* RFC 6143, 7.6; rfbproto, "Server to Client Messages". */
enum {
	SERVER_UPDATE = 0,
	SERVER_SET_COLOUR_MAP = 1,
	SERVER_END_OF_CONTINUOUS_UPDATES = 150,
	SERVER_FENCE = 248,
};

/* Bytes: RFC 6143, 7.6.1 (FramebufferUpdate and each of its rectangles), 7.4 (PIXEL_FORMAT), 7.3.2
 * (ServerInit up to the name, which starts with its length of four bytes). */
enum { UPDATE_HEADER_SIZE = 4, RECTANGLE_HEADER_SIZE = 12, PIXEL_FORMAT_SIZE = 16, SERVER_INIT_SIZE = 24 };

/* --- encodings and pseudo-encodings --- */

/* RFC 6143, 7.7 and 7.8; the others as rfbproto, "Encodings", has them. */
enum {
	ENCODING_RAW = 0,
	ENCODING_COPYRECT = 1,
	ENCODING_RRE = 2,
	ENCODING_CORRE = 4,
	ENCODING_HEXTILE = 5,
	ENCODING_ZLIB = 6,
	ENCODING_TIGHT = 7,
	ENCODING_ZRLE = 16,
	ENCODING_H264 = 50,              /* "Open H.264 Encoding" */
	ENCODING_JPEG_QUALITY_MIN = -32, /* levels 0 to 9 */
	ENCODING_JPEG_QUALITY_MAX = -23,
	ENCODING_DESKTOP_SIZE = -223,
	ENCODING_LAST_RECT = -224,
	ENCODING_POINTER_POSITION = -232,
	ENCODING_RICH_CURSOR = -239,
	ENCODING_X_CURSOR = -240,
	ENCODING_COMPRESSION_MIN = -256, /* levels 0 to 9 */
	ENCODING_COMPRESSION_MAX = -247,
	ENCODING_QEMU_MOTION = -257, /* "QEMU pointer motion change" */
	ENCODING_QEMU_KEYS = -258,
	ENCODING_TIGHT_PNG = -260,
	ENCODING_QEMU_LEDS = -261,
	ENCODING_DESKTOP_NAME = -307,
	ENCODING_EXTENDED_DESKTOP_SIZE = -308,
	ENCODING_FENCE = -312,
	ENCODING_CONTINUOUS_UPDATES = -313,
	ENCODING_CURSOR_WITH_ALPHA = -314,
	ENCODING_EXTENDED_BUTTONS = -316,
	ENCODING_TIGHT_WITHOUT_ZLIB = -317,
	ENCODING_FINE_QUALITY_MIN = -512, /* 0 to 100 */
	ENCODING_FINE_QUALITY_MAX = -412,
	ENCODING_SUBSAMPLING_MIN = -768,
	ENCODING_SUBSAMPLING_4X = -767,
	ENCODING_SUBSAMPLING_8X = -764,
	ENCODING_SUBSAMPLING_16X = -763,
	ENCODING_SUBSAMPLING_MAX = ENCODING_SUBSAMPLING_16X,
	ENCODING_VMWARE_CURSOR = 0x574d5664,
	ENCODING_VMWARE_POSITION = 0x574d5666,
};

/* rfbproto, "VMware Cursor Pseudo-encoding": the kind with alpha, and a byte of padding. */
enum { VMWARE_CURSOR_ALPHA = 0x0100 };

/* rfbproto, "QEMU LED State Pseudo-encoding": the bits of its byte. */
enum { LED_SCROLL_LOCK = 1 << 0, LED_NUM_LOCK = 1 << 1, LED_CAPS_LOCK = 1 << 2 };

/* rfbproto, "ExtendedDesktopSize Pseudo-encoding": who wanted the size, what became of it, and the bytes in
 * front of the screens and of each of them. */
enum desktop_size_reason {
	DESKTOP_SIZE_BY_SERVER = 0,
	DESKTOP_SIZE_BY_THIS_CLIENT = 1,
	DESKTOP_SIZE_BY_ANOTHER_CLIENT = 2,
};
enum desktop_size_status {
	DESKTOP_SIZE_SET = 0,
	DESKTOP_SIZE_PROHIBITED = 1,
	DESKTOP_SIZE_NO_RESOURCES = 2,
	DESKTOP_SIZE_INVALID = 3, /* no screens, or screens that are empty, alike or outside */
	DESKTOP_SIZE_LATER = 127, /* none of the protocol's: the answer comes later */
};
enum { DESKTOP_SIZE_SCREENS = 4, DESKTOP_SIZE_SCREEN = 16 };

#endif
