/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loops: the macros of libjansson that loop, for cppcheck, which reads no header of the system. */
#define json_array_foreach(array, index, value)                                                              \
	for (index = 0; index < json_array_size(array) && (value = json_array_get(array, index)); index++)
#define json_object_foreach(object, key, value)                                                              \
	for (key = first_key(object); key && (value = json_object_get(object, key)); key = next_key(object, key))
