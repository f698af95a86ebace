/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/clock.h"
#include "capture/base/probe.h"
#include "encode/rfb/desktop_size.h"
#include "encode/rfb/own_state.h"
#include "encode/rfb/rectangle.h"

enum {
	/* A grid on which everything is cut, so that viewers get the same pieces even if what they lack is
	 * not quite the same. Smaller pieces compress worse, and larger ones leave processors idle. */
	CELL_WIDTH = 512,
	CELL_HEIGHT = 256,
	MANY_RECTANGLES = 65000, /* in one update; the header counts to 65535, which means "until the last" */
};

/* Makes one piece, or several pieces of ZRLE one after the other. */
struct piece_job {
	struct pool_job job;
	struct own *own;
	struct shot *shot;
	const struct picture *picture;
	struct own_viewer *viewer; /* whose framebuffer is read; NULL: the picture alone is */
	struct worker_style style;
	size_t count;
	struct piece_place {
		struct piece *piece;
		struct rect rect;
	} places[];
};

/* --- a list of pieces --- */

static bool grow(void *list, size_t *capacity, size_t item, size_t needed) {
	void **memory = list;
	if (needed <= *capacity)
		return true;
	size_t larger = needed < 32 ? 32 : 2 * needed;
	void *items = realloc(*memory, larger * item);
	if (!items)
		return false;
	*memory = items;
	*capacity = larger;
	return true;
}

void own_pieces_clear(struct own_pieces *pieces) {
	for (; pieces->next < pieces->count; pieces->next++)
		piece_drop(pieces->list[pieces->next].piece);
	pieces->count = pieces->next = pieces->offset = 0;
	pieces->place_count = pieces->next_place = 0;
	pieces->lacking = NULL;
}

bool own_pieces_lack(const struct own_pieces *pieces) {
	return pieces->next_place < pieces->place_count;
}

void own_pieces_finish(struct own_pieces *pieces) {
	own_pieces_clear(pieces);
	free(pieces->list);
	free(pieces->places);
}

bool own_pieces_any(const struct own_pieces *pieces) {
	return pieces->next < pieces->count;
}

bool own_pieces_ready(const struct own_pieces *pieces) {
	return pieces->next < pieces->count && piece_state(pieces->list[pieces->next].piece) != PIECE_IN_WORK;
}

/* What the viewer has of a piece that it was sent. */
static void note_losses(struct own_viewer *viewer, const struct piece *piece) {
	const struct own_pieces *pieces = &viewer->pieces;
	struct lossy_places places = piece_lossy(piece);
	size_t number = pieces->next - pieces->first_place + pieces->portion;
	if (!viewer->own->options.refreshes || pieces->next < pieces->first_place ||
		number >= pieces->place_count)
		return;
	lossy_remove(&viewer->update.lossy, pieces->places[number]);
	uint64_t now_ns = places.count ? clock_now_ns() : 0;
	for (size_t i = 0; i < places.count; i++)
		lossy_add(&viewer->update.lossy, places.list[i], now_ns);
}

static void give_back(void *piece) {
	piece_drop(piece);
}

/* The loan becomes a user of the piece, and the last one takes over from the list. */
static size_t lend_some(struct own_viewer *viewer, struct loan *loan, size_t most) {
	struct own_pieces *pieces = &viewer->pieces;
	size_t size;
	const struct own_piece *next = &pieces->list[pieces->next];
	const uint8_t *bytes = piece_bytes(next->piece, &size);
	size_t left = size - pieces->offset, some = left < most ? left : most;
	*loan = (struct loan){bytes + pieces->offset, some, give_back, next->piece};
	pieces->offset += some;
	if (some < left) {
		piece_use(next->piece);
		return some;
	}
	tally_sent_add(&pieces->sent, piece_tally(next->piece), next->shared);
	note_losses(viewer, next->piece);
	pieces->next++;
	pieces->offset = 0;
	return some;
}

ssize_t own_pieces_lend(struct own_viewer *viewer, struct loan *loan, size_t size, bool *more) {
	const struct own_pieces *pieces = &viewer->pieces;
	size_t some = 0;
	if (own_pieces_ready(pieces)) {
		if (piece_state(pieces->list[pieces->next].piece) == PIECE_FAILED)
			return -ENOMEM;
		some = lend_some(viewer, loan, size);
	}
	*more = pieces->next < pieces->count;
	return (ssize_t)some;
}

/* --- where they are cut --- */

/* How far a piece goes that begins there. What is no longer than a cell is not cut. */
static uint32_t up_to(uint32_t at, uint32_t begin, uint32_t end, uint32_t cell) {
	uint32_t next = (at / cell + 1) * cell;
	return next < end && end - begin > cell ? next : end;
}

static bool cut(struct own_pieces *pieces, struct rect rect) {
	uint32_t x = (uint32_t)rect.x, y = (uint32_t)rect.y, right = x + rect.width, bottom = y + rect.height;
	for (uint32_t top = y, below; top < bottom; top = below) {
		below = up_to(top, y, bottom, CELL_HEIGHT);
		for (uint32_t left = x, end; left < right; left = end) {
			end = up_to(left, x, right, CELL_WIDTH);
			if (!grow(&pieces->places, &pieces->place_capacity, sizeof *pieces->places,
				    pieces->place_count + 1))
				return false;
			pieces->places[pieces->place_count++] =
				(struct rect){(int32_t)left, (int32_t)top, end - left, below - top};
		}
	}
	return true;
}

static bool cut_all(struct own_pieces *pieces, const struct region *region) {
	bool good = true;
	pieces->place_count = 0;
	for (size_t i = 0; good && i < region->count; i++)
		good = cut(pieces, region_rects(region)[i]);
	return good;
}

/* More places than an update can count become what is around them. */
static bool find_places(struct own_pieces *pieces, const struct region *region) {
	bool good = cut_all(pieces, region);
	if (!good || pieces->place_count <= MANY_RECTANGLES)
		return good;
	struct rect all = region_rects(region)[0];
	for (size_t i = 1; i < region->count; i++)
		all = rect_unite(all, region_rects(region)[i]);
	pieces->place_count = 0;
	return cut(pieces, all);
}

/* --- heads --- */

/* A piece that is there already. Takes the bytes. `copies`: these are among them. */
static bool add_ready(struct own_viewer *viewer, uint8_t *bytes, size_t size, const struct copies *copies) {
	struct own_pieces *pieces = &viewer->pieces;
	struct piece *piece = NULL;
	if (bytes && grow(&pieces->list, &pieces->capacity, sizeof *pieces->list, pieces->count + 1))
		piece = piece_create(viewer->own->log);
	if (!piece) {
		free(bytes);
		return false;
	}
	for (size_t i = 0; copies && i < copies->count; i++) {
		tally_add(piece_tally(piece), TALLY_COPY, rect_area(copies->list[i].target), COPIES_SIZE, 0);
	}
	piece_made(piece, bytes, size);
	pieces->list[pieces->count++] = (struct own_piece){.piece = piece};
	return true;
}

static size_t put_desktop(uint8_t *to, const struct own_update *update) {
	const struct encoder_desktop *desktop = &update->framebuffer.desktop;
	size_t size = rectangle_write_update(to, 1);
	if (update->follows == FRAMEBUFFER_FOLLOWS_SCREENS)
		return size +
		       desktop_size_write(to + size, DESKTOP_SIZE_BY_SERVER, DESKTOP_SIZE_SET, desktop);
	return size + rectangle_write(to + size, 0, 0, (uint16_t)desktop->width, (uint16_t)desktop->height,
			      ENCODING_DESKTOP_SIZE);
}

static bool ends_by_last_rect(const struct own_viewer *viewer) {
	return viewer->last_rect && viewer->style.encoding == ENCODING_TIGHT && viewer->pieces.place_count;
}

/* A new desktop is told in an update of its own, in front of the pixels' one. `*update_head`: where the
 * latter's header is, which may be written again before anything is sent. */
static bool add_heads(struct own_viewer *viewer, uint8_t **update_head) {
	const struct own_update *update = &viewer->update;
	size_t size = 0, rectangles = viewer->pieces.place_count + update->copies.count +
				      own_video_rectangles(&update->video);
	uint8_t *head = malloc(2 * UPDATE_HEADER_SIZE + desktop_size_bytes(&update->framebuffer.desktop) +
			       COPIES_SIZE * update->copies.count + VIDEO_FORGET_SIZE);
	if (head && update->tells_desktop)
		size = put_desktop(head, update);
	*update_head = head ? head + size : NULL;
	if (head && rectangles) {
		size += rectangle_write_update(
			head + size, ends_by_last_rect(viewer) ? UINT16_MAX : (unsigned)rectangles);
		size += copies_write(&update->copies, head + size);
		if (update->video.forgets)
			size += video_write_forget(head + size);
	}
	return add_ready(viewer, head, size, &update->copies);
}

/* How many rectangles a piece has become. 0: it is not ready. */
static size_t rectangles_of(struct piece *piece) {
	size_t sum = 0;
	if (piece_state(piece) != PIECE_READY)
		return 0;
	for (size_t i = 0; i < TALLY_CLASSES; i++)
		sum += piece_tally(piece)->classes[i].rectangles;
	return sum;
}

/* If all pieces are ready, as the one of a key is, their rectangles can be counted. That takes fewer bytes
 * than the end of an update whose rectangles cannot. The first piece is the head. */
static bool count_rectangles(const struct own_viewer *viewer, uint8_t *update_head) {
	const struct own_pieces *pieces = &viewer->pieces;
	size_t sum = viewer->update.copies.count + viewer->update.video.forgets;
	for (size_t i = 1; i < pieces->count; i++) {
		size_t rectangles = rectangles_of(pieces->list[i].piece);
		if (!rectangles)
			return false;
		sum += rectangles;
	}
	if (sum >= UINT16_MAX)
		return false;
	rectangle_write_update(update_head, (unsigned)sum);
	return true;
}

/* They are ready, so they come first. */
static bool add_video(struct own_viewer *viewer) {
	struct own_pieces *pieces = &viewer->pieces;
	struct own_video *video = &viewer->update.video;
	if (!grow(&pieces->list, &pieces->capacity, sizeof *pieces->list, pieces->count + video->count))
		return false;
	for (size_t i = 0; i < video->count; i++)
		pieces->list[pieces->count++] = (struct own_piece){video->pieces[i], video->shared[i]};
	video->count = 0;
	return true;
}

static bool add_last_rect(struct own_viewer *viewer) {
	uint8_t *tail = malloc(RECTANGLE_HEADER_SIZE);
	if (tail)
		rectangle_write(tail, 0, 0, 0, 0, ENCODING_LAST_RECT);
	return add_ready(viewer, tail, RECTANGLE_HEADER_SIZE, NULL);
}

/* --- jobs --- */

static void end_job(struct piece_job *job) {
	struct own *own = job->own;
	for (size_t i = 0; i < job->count; i++)
		piece_drop(job->places[i].piece);
	if (job->viewer)
		own_viewer_release(job->viewer);
	shots_drop(&own->shots, job->shot);
	free(job);
	own_wake(own);
	own_give_way(own);
}

static void say_poor(struct own *own, bool poor) {
	if (poor && !atomic_exchange(&own->said_poor, true))
		own->events.says(own->events.context,
			"memory is short: parts of the picture are sent uncompressed (Raw) to viewers");
}

static uint8_t *encode(struct piece_job *job, struct worker *worker, const struct worker_part *part,
	size_t *size, struct tally *tally) {
	struct own_viewer *viewer = job->viewer;
	bool poor = false;
	uint8_t *bytes;
	if (job->style.encoding == ENCODING_ZRLE)
		bytes = worker_encode_zrle(viewer->zrle, &job->style, part, size, tally, &poor);
	else
		bytes = worker_encode(worker, &job->style, part, size, tally, &poor);
	say_poor(job->own, poor);
	return bytes;
}

static const uint32_t *pixel_of(const struct picture *picture, const struct rect *rect) {
	return (const uint32_t *)(const void *)(picture->pixels + (size_t)rect->y * picture->stride) +
	       rect->x;
}

/* A framebuffer composes one part at a time. */
static uint8_t *encode_framebuffer(struct piece_job *job, struct worker *worker, const struct rect *rect,
	size_t *size, struct tally *tally) {
	struct own_viewer *viewer = job->viewer;
	struct worker_part part = {.place = *rect};
	uint8_t *bytes = NULL;
	size_t stride;
	pthread_mutex_lock(&viewer->painting);
	const uint8_t *pixels = framebuffer_pixels(&viewer->update.framebuffer, job->picture, rect, &stride);
	if (pixels) {
		part.pixels = (const uint32_t *)(const void *)pixels;
		part.stride = stride / sizeof *part.pixels;
		bytes = encode(job, worker, &part, size, tally);
	}
	pthread_mutex_unlock(&viewer->painting);
	return bytes;
}

static uint8_t *encode_picture(struct piece_job *job, struct worker *worker, const struct rect *rect,
	size_t *size, struct tally *tally) {
	const struct worker_part part = {.place = *rect,
		.pixels = pixel_of(job->picture, rect),
		.stride = job->picture->stride / sizeof *part.pixels,
		.colours = picture_colours(job->picture, rect)};
	return encode(job, worker, &part, size, tally);
}

/* A piece of ZRLE that is not made would be missing from the stream. */
static bool is_wanted(const struct piece_job *job, struct piece *piece) {
	return job->viewer ? !job->viewer->gone : piece_is_wanted(piece);
}

/* False: memory ran out. */
static bool make_piece(struct piece_job *job, struct worker *worker, const struct piece_place *place) {
	struct tally *tally = piece_tally(place->piece);
	uint64_t begin = clock_now_ns();
	size_t size = 0;
	uint8_t *bytes = job->viewer ? encode_framebuffer(job, worker, &place->rect, &size, tally)
				     : encode_picture(job, worker, &place->rect, &size, tally);
	tally_took(tally, clock_now_ns() - begin);
	if (job->style.quality) {
		struct lossy_places places = worker_lossy(worker);
		piece_lose(place->piece, &places);
	}
	piece_made(place->piece, bytes, size);
	return bytes;
}

static void make(struct pool_job *pool_job, unsigned number) {
	struct piece_job *job = (struct piece_job *)pool_job;
	struct worker *worker = &job->own->workers[number];
	const char *name = own_encoding_name(job->style.encoding);
	bool good = true;
	PROBE2(encode__begin, name, job->count);
	for (size_t i = 0; i < job->count; i++) {
		struct piece_place *place = &job->places[i];
		if (!is_wanted(job, place->piece))
			continue;
		good = make_piece(job, worker, place) && good;
		if (i + 1 < job->count) {
			own_wake(job->own);
			own_give_way(job->own);
		}
	}
	PROBE3(encode__end, name, job->count, good);
	end_job(job);
}

/* What its pieces are to look like in the update that is found out. */
static struct worker_style style_of(const struct own_viewer *viewer) {
	struct worker_style style = viewer->style;
	style.quality = viewer->update.refreshes ? 0 : viewer->setting.quality;
	style.chroma = viewer->update.refreshes ? PHOTO_444 : viewer->setting.chroma;
	return style;
}

/* The same for all viewers that are sent the same. */
static uint64_t style_number_of(const struct own_viewer *viewer) {
	const struct worker_style style = style_of(viewer);
	return viewer->style_number << 16 | (uint64_t)style.chroma << 8 | (uint64_t)style.quality;
}

static struct piece_job *create_job(
	struct own_viewer *viewer, const struct picture *picture, bool reads_viewer, size_t room) {
	struct piece_job *job = malloc(sizeof *job + room * sizeof job->places[0]);
	if (!job)
		return NULL;
	*job = (struct piece_job){.job = {.run = make},
		.own = viewer->own,
		.shot = viewer->shot,
		.picture = picture,
		.viewer = reads_viewer ? viewer : NULL,
		.style = style_of(viewer)};
	shots_use(&job->own->shots, job->shot);
	if (job->viewer)
		own_viewer_use(job->viewer);
	return job;
}

/* The job uses the piece, too. */
static void add_to_job(struct piece_job *job, struct piece *piece, const struct rect *rect) {
	piece_use(piece);
	job->places[job->count++] = (struct piece_place){piece, *rect};
}

/* --- which pieces there are --- */

/* Whether other viewers may be sent the same piece. */
static bool is_shared(
	const struct own_viewer *viewer, const struct picture *picture, const struct rect *rect) {
	return viewer->style.encoding != ENCODING_ZRLE && viewer->shot->store == viewer->own->store &&
	       framebuffer_is_picture(&viewer->update.framebuffer, picture, rect);
}

/* The most that compressed pixels may take, with headers, is a little more than the pixels. */
static size_t most_bytes(const struct own_viewer *viewer, const struct rect *rect) {
	size_t pixels = (size_t)rect->width * rect->height;
	return pixels * (viewer->style.format.bits / 8u) + pixels / 32 + 4096;
}

/* `*make`: it is to be made. NULL: out of memory. */
static struct piece *get_piece(struct own_viewer *viewer, const struct picture *picture,
	const struct rect *rect, bool *make, bool *shared) {
	*make = true;
	*shared = is_shared(viewer, picture, rect);
	if (!*shared)
		return piece_create(viewer->own->log);
	const struct piece_key key = {picture_newest_in(picture, rect), style_number_of(viewer), *rect};
	return piece_log_get(viewer->own->log, &key, make);
}

/* Jobs that were created; the first one is done by whoever creates them, when the others wait for the pool.
 */
struct jobs {
	struct piece_job *first, *zrle;
	bool urgent;
	size_t expected; /* bytes, at most, of the pieces that they make */
};

static void add_job(struct jobs *jobs, struct pool *pool, struct piece_job *job) {
	if (jobs->first)
		pool_add(pool, &job->job, jobs->urgent);
	else
		jobs->first = job;
}

/* Adds one piece to the update, and has it made if need be. */
static int add_place(struct own_viewer *viewer, const struct picture *picture, const struct rect *rect,
	struct jobs *jobs) {
	struct own_pieces *pieces = &viewer->pieces;
	bool new, shared;
	struct piece *piece = get_piece(viewer, picture, rect, &new, &shared);
	if (!piece)
		return -ENOMEM;
	pieces->list[pieces->count++] = (struct own_piece){piece, !new};
	if (!new)
		return 0;
	piece_expect(piece, most_bytes(viewer, rect));
	jobs->expected += most_bytes(viewer, rect);
	struct piece_job *job = jobs->zrle ? jobs->zrle : create_job(viewer, picture, !shared, 1);
	if (!job) {
		piece_made(piece, NULL, 0);
		return -ENOMEM;
	}
	add_to_job(job, piece, rect);
	if (job != jobs->zrle)
		add_job(jobs, viewer->own->pool, job);
	return 0;
}

static void tell_zrle_format(struct own_viewer *viewer) {
	const struct format *format = &viewer->style.format;
	if (!viewer->zrle && (viewer->zrle = zrle_create()))
		viewer->zrle_format = format_native;
	if (viewer->zrle && !format_equals(&viewer->zrle_format, format))
		zrle_set_format(viewer->zrle, format);
	viewer->zrle_format = *format;
}

/* There is always room for one piece. */
static bool has_room(const struct own_viewer *viewer, const struct jobs *jobs, const struct rect *rect) {
	size_t size = most_bytes(viewer, rect);
	return !jobs->expected || jobs->expected + size <= OWN_PORTION ||
	       piece_log_in_use(viewer->own->log) + size <= OWN_PIECES_IN_USE;
}

/* A later portion is of a newer picture, which may lack pixels (encode/picture.h). They come with the next
 * one. */
static bool has_pixels(struct own_viewer *viewer, const struct picture *picture, const struct rect *rect) {
	if (picture_has_pixels(picture, rect))
		return true;
	viewer->pieces.lacking = viewer->shot->store;
	viewer->pieces.lacking_generation = picture->generation;
	picture_store_want_pixels(viewer->shot->store);
	return false;
}

static int add_places(struct own_viewer *viewer, const struct picture *picture, struct jobs *jobs) {
	struct own_pieces *pieces = &viewer->pieces;
	int error = 0;
	if (!has_pixels(viewer, picture, &pieces->places[pieces->next_place]))
		return 0;
	if (viewer->style.encoding == ENCODING_ZRLE) {
		tell_zrle_format(viewer);
		jobs->zrle = jobs->first =
			create_job(viewer, picture, true, pieces->place_count - pieces->next_place);
		if (!jobs->zrle)
			return -ENOMEM;
	}
	while (!error && own_pieces_lack(pieces)) {
		const struct rect *place = &pieces->places[pieces->next_place];
		if (!has_room(viewer, jobs, place) || !has_pixels(viewer, picture, place))
			break;
		error = add_place(viewer, picture, place, jobs);
		pieces->next_place++;
	}
	return error;
}

/* What was begun before memory ran out is made, for others may want it. A single piece is made at once, since
 * nothing can be sent before it. `update_head` NULL: it is on its way. */
static int add_portion(struct own_viewer *viewer, const struct picture *picture, unsigned worker,
	uint8_t *update_head, struct pool_job **rest) {
	struct own_pieces *pieces = &viewer->pieces;
	struct jobs jobs = {.urgent = viewer->urgent};
	if (!grow(&pieces->list, &pieces->capacity, sizeof *pieces->list,
		    pieces->count + pieces->place_count - pieces->next_place + 1))
		return -ENOMEM;
	pieces->first_place = pieces->count;
	pieces->portion = pieces->next_place;
	int error = own_pieces_lack(pieces) ? add_places(viewer, picture, &jobs) : 0;
	if (jobs.first && pieces->place_count == 1)
		make(&jobs.first->job, worker);
	else if (jobs.first)
		*rest = &jobs.first->job;
	bool ends = !own_pieces_lack(pieces) && ends_by_last_rect(viewer);
	if (!error && ends && !(update_head && count_rectangles(viewer, update_head)) &&
		!add_last_rect(viewer))
		error = -ENOMEM;
	return error;
}

int own_pieces_begin(
	struct own_viewer *viewer, const struct picture *picture, unsigned worker, struct pool_job **rest) {
	uint8_t *update_head;
	own_pieces_clear(&viewer->pieces);
	if (!find_places(&viewer->pieces, &viewer->update.due) || !add_heads(viewer, &update_head) ||
		!add_video(viewer))
		return -ENOMEM;
	return add_portion(viewer, picture, worker, update_head, rest);
}

int own_pieces_go_on(
	struct own_viewer *viewer, const struct picture *picture, unsigned worker, struct pool_job **rest) {
	struct own_pieces *pieces = &viewer->pieces;
	pieces->count = pieces->next = 0;
	return add_portion(viewer, picture, worker, NULL, rest);
}
