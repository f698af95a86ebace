/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/keymap_plan.h"

#include <limits.h>

#include "server/input/keysym.h"

/* What each kind of step costs. Only their order matters. A tapped lock shows on every keyboard's LEDs, and a
 * switched group shows in the desktop's panel. */
enum {
	COST_ADD = 2, /* Shift */
	COST_LIFT = 3,
	COST_ADD_LEVEL = 6,
	COST_ADD_SHORTCUT = 8,
	COST_LOCK = 30,
	COST_GROUP = 100,
};

/* A key that some keyboards lack is better than AltGr and worse than Shift. For example, < is Shift and the
 * comma on a US keyboard, and the key beside the left Shift on a French one. The console does not know the
 * rare keys, for which even another lock is better. X does not know those beyond it, for which even another
 * group is better. */
static const int place_costs[] = {
	[KEYMAP_MAIN] = 0,
	[KEYMAP_REGIONAL] = 3,
	[KEYMAP_SPECIAL] = 12,
	[KEYMAP_RARE] = 40,
	[KEYMAP_BEYOND_X] = 120,
	[KEYMAP_NOWHERE] = 150,
};

struct search {
	const struct keymap_table *table;
	const struct keymap_now *now;
	xkb_keysym_t keysym;
	const struct keymap_entry *entries; /* the keys and levels that have the keysym */
	size_t entry_count;
	struct xkb_state *state;             /* scratch */
	int held_kind[KEYMAP_MAX_HELD];      /* for each held key its index into table->kinds; -1: none */
	unsigned held_kinds, shortcut_kinds; /* bits of table->kinds */
	int change_cost[KEYMAP_MAX_KINDS];   /* what it costs to press or lift each kind */
	/* What held keys of no kind do, which are never moved, and what held shortcut keys do. */
	struct keymap_effect fixed, shortcuts;
	bool graphic;             /* the keysym is a character */
	int least_cost;           /* no plan can be cheaper */
	int best_cost;            /* what the best plan so far costs; INT_MAX: there is none */
	struct keymap_plan *best; /* the best plan so far */
};

/* One point of the search. */
struct attempt {
	unsigned kinds; /* the kinds that shall be down, as bits of table->kinds */
	unsigned locks; /* the locks to tap, as bits of table->locks */
	xkb_layout_index_t group;
	int base_cost;                  /* what the locks and the group cost */
	xkb_mod_mask_t locked;          /* the locked modifiers after the taps */
	struct keymap_effect depressed; /* what is held after lifts and adds */
};

static void add_effect(struct keymap_effect *sum, const struct keymap_effect *effect) {
	sum->mods |= effect->mods;
	sum->group += effect->group;
}

static int kind_of(const struct keymap_table *table, uint16_t code) {
	const struct keymap_effect *effect = &table->effects[code];
	for (size_t i = 0; i < table->kind_count; i++)
		if (table->kinds[i].effect.mods == effect->mods &&
			table->kinds[i].effect.group == effect->group)
			return (int)i;
	return -1;
}

static int cost_of_adding(const struct keymap_table *table, const struct keymap_kind *kind) {
	bool is_shift = kind->effect.mods == table->shift && kind->effect.group == 0;
	return place_costs[keymap_table_place(kind->code)] + (kind->shortcut    ? COST_ADD_SHORTCUT
								     : is_shift ? COST_ADD
										: COST_ADD_LEVEL);
}

static void classify_held(struct search *search) {
	const struct keymap_table *table = search->table;
	for (size_t i = 0; i < search->now->held_count; i++) {
		uint16_t code = search->now->held[i];
		int kind = search->held_kind[i] = kind_of(table, code);
		if (kind < 0)
			add_effect(&search->fixed, &table->effects[code]);
		else
			search->held_kinds |= 1u << kind;
	}
	for (size_t i = 0; i < table->kind_count; i++) {
		const struct keymap_kind *kind = &table->kinds[i];
		bool held = search->held_kinds & (1u << i);
		search->change_cost[i] = held ? COST_LIFT : cost_of_adding(table, kind);
		if (!kind->shortcut)
			continue;
		search->shortcut_kinds |= 1u << i;
		if (held)
			add_effect(&search->shortcuts, &kind->effect);
	}
}

/* Returns what an attempt costs without the keys that it presses and lifts. */
static int cost_of_locks_and_group(const struct search *search, const struct attempt *attempt) {
	int cost = attempt->group == search->now->locked_group ? 0 : COST_GROUP;
	for (unsigned locks = attempt->locks; locks; locks &= locks - 1)
		cost += COST_LOCK;
	return cost;
}

/* Returns what an attempt costs. If that is not below the best cost, the result may be too small, but it is
 * not below the best cost either. */
static int cost_of(const struct search *search, const struct attempt *attempt) {
	int cost = attempt->base_cost;
	unsigned changes = attempt->kinds ^ search->held_kinds;
	for (; changes && cost < search->best_cost; changes &= changes - 1)
		cost += search->change_cost[__builtin_ctz(changes)];
	return cost;
}

static void set_depressed(const struct search *search, struct attempt *attempt) {
	if (attempt->kinds == search->held_kinds) {
		attempt->depressed = search->now->depressed;
		return;
	}
	attempt->depressed = search->fixed;
	for (size_t i = 0; i < search->table->kind_count; i++)
		if (attempt->kinds & (1u << i))
			add_effect(&attempt->depressed, &search->table->kinds[i].effect);
}

static void load(struct xkb_state *state, const struct keymap_now *now, const struct keymap_effect *depressed,
	xkb_mod_mask_t locked, xkb_layout_index_t group) {
	xkb_state_update_mask(
		state, depressed->mods, now->latched, locked, depressed->group, now->latched_group, group);
}

static xkb_keysym_t gives(const struct search *search, const struct attempt *attempt,
	const struct keymap_effect *depressed, uint16_t code) {
	load(search->state, search->now, depressed, attempt->locked, attempt->group);
	return xkb_state_key_get_one_sym(search->state, code + KEYMAP_EVDEV_OFFSET);
}

static bool is_as_is(const struct search *search, const struct attempt *attempt) {
	return attempt->kinds == search->held_kinds && attempt->locks == 0 &&
	       attempt->group == search->now->locked_group;
}

/* Whether the key, pressed as things are, means what was asked for although it gives `given`. */
static bool means(const struct search *search, const struct keymap_entry *entry, xkb_keysym_t given) {
	if (search->graphic)
		return search->shortcuts.mods && keysym_same_letter(search->keysym, given);
	return entry->level == 0 &&
	       entry->group == xkb_state_key_get_layout(search->state, entry->code + KEYMAP_EVDEV_OFFSET) &&
	       keysym_includes(search->keysym, given);
}

/* Whether the key gives the keysym, either with everything that is down or without the held shortcut keys. */
static bool types(
	const struct search *search, const struct attempt *attempt, const struct keymap_entry *entry) {
	xkb_keysym_t given = gives(search, attempt, &attempt->depressed, entry->code);
	if (given != search->keysym && search->shortcuts.mods) {
		struct keymap_effect plain = attempt->depressed;
		plain.mods &= ~search->shortcuts.mods;
		given = gives(search, attempt, &plain, entry->code);
	}
	return given == search->keysym || (is_as_is(search, attempt) && means(search, entry, given));
}

static bool lists(const uint16_t *codes, size_t count, uint16_t code) {
	for (size_t i = 0; i < count; i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* Writes the steps. `afresh`: all held keys of a kind are released, except those of shortcuts, and the wanted
 * kinds are pressed again in the right order. */
static void write_plan(const struct search *search, const struct attempt *attempt, uint16_t code, bool afresh,
	struct keymap_plan *plan) {
	const struct keymap_table *table = search->table;
	*plan = (struct keymap_plan){.group = attempt->group, .code = code};
	unsigned kept = attempt->kinds & search->held_kinds;
	if (afresh)
		kept &= search->shortcut_kinds;
	for (size_t i = 0; i < search->now->held_count; i++)
		if (search->held_kind[i] >= 0 && !(kept & (1u << search->held_kind[i])))
			plan->lifts[plan->lift_count++] = search->now->held[i];
	for (size_t i = 0; i < table->lock_count; i++)
		if (attempt->locks & (1u << i))
			plan->locks[plan->lock_count++] = table->locks[i].code;
	for (size_t i = 0; i < table->kind_count; i++)
		if ((attempt->kinds & ~kept) & (1u << i))
			plan->adds[plan->add_count++] = table->kinds[i].code;
}

/* Plays the steps on a keyboard of our own and returns whether they do what the attempt says. Modifier keys
 * may change each other's meaning. */
static bool plays_out(
	const struct search *search, const struct attempt *attempt, const struct keymap_plan *plan) {
	const struct keymap_table *table = search->table;
	if (plan->lift_count + plan->lock_count + plan->add_count == 0)
		return true;
	struct xkb_state *state = xkb_state_new(table->keymap);
	if (!state)
		return false;
	struct keymap_effect left = search->now->depressed;
	if (plan->lift_count > 0) {
		left = search->fixed;
		for (size_t i = 0; i < search->now->held_count; i++)
			if (!lists(plan->lifts, plan->lift_count, search->now->held[i]))
				add_effect(&left, &table->effects[search->now->held[i]]);
	}
	load(state, search->now, &left, search->now->locked, attempt->group);
	for (size_t i = 0; i < plan->lock_count; i++) {
		xkb_state_update_key(state, plan->locks[i] + KEYMAP_EVDEV_OFFSET, XKB_KEY_DOWN);
		xkb_state_update_key(state, plan->locks[i] + KEYMAP_EVDEV_OFFSET, XKB_KEY_UP);
	}
	for (size_t i = 0; i < plan->add_count; i++)
		xkb_state_update_key(state, plan->adds[i] + KEYMAP_EVDEV_OFFSET, XKB_KEY_DOWN);
	load(search->state, search->now, &attempt->depressed, attempt->locked, attempt->group);
	bool same = xkb_state_serialize_mods(state, XKB_STATE_MODS_EFFECTIVE) ==
			    xkb_state_serialize_mods(search->state, XKB_STATE_MODS_EFFECTIVE) &&
		    xkb_state_serialize_layout(state, XKB_STATE_LAYOUT_EFFECTIVE) ==
			    xkb_state_serialize_layout(search->state, XKB_STATE_LAYOUT_EFFECTIVE);
	xkb_state_unref(state);
	return same;
}

static bool is_alt(uint16_t code) {
	return code == KEY_LEFTALT || code == KEY_RIGHTALT;
}

/* Whether the plan would press KEY_SYSRQ while an Alt key is down. */
static bool is_sysrq(const struct search *search, const struct keymap_plan *plan) {
	if (plan->code != KEY_SYSRQ)
		return false;
	for (size_t i = 0; i < plan->add_count; i++)
		if (is_alt(plan->adds[i]))
			return true;
	for (size_t i = 0; i < search->now->held_count; i++)
		if (is_alt(search->now->held[i]) &&
			!lists(plan->lifts, plan->lift_count, search->now->held[i]))
			return true;
	return false;
}

static bool is_withheld(const struct search *search, const struct keymap_plan *plan) {
	return search->table->no_sysrq && is_sysrq(search, plan);
}

static void try_attempt(struct search *search, struct attempt *attempt) {
	int cost = cost_of(search, attempt);
	if (cost >= search->best_cost)
		return;
	set_depressed(search, attempt);
	for (size_t i = 0; i < search->entry_count; i++) {
		uint16_t code = search->entries[i].code;
		int key_cost = cost + place_costs[keymap_table_place(code)];
		if (key_cost >= search->best_cost || !types(search, attempt, &search->entries[i]))
			continue;
		for (int afresh = 0; afresh < 2; afresh++) {
			struct keymap_plan plan;
			write_plan(search, attempt, code, afresh, &plan);
			if (lists(plan.adds, plan.add_count, code) || is_withheld(search, &plan) ||
				!plays_out(search, attempt, &plan))
				continue;
			search->best_cost = key_cost;
			*search->best = plan;
			break;
		}
	}
}

static bool can_reach_group(const struct search *search, xkb_layout_index_t group) {
	xkb_layout_index_t now = search->now->locked_group;
	return group == now || (now < KEYMAP_MAX_GROUPS && search->table->way[now][group] >= 0);
}

/* Tries the keyboard as it is and with one modifier changed. That is nearly always the answer, and then
 * nothing else can be cheaper. */
static void try_nearest(struct search *search) {
	struct attempt attempt = {.locked = search->now->locked,
		.group = search->now->locked_group,
		.kinds = search->held_kinds};
	try_attempt(search, &attempt);
	for (size_t i = 0; i < search->table->kind_count && search->best_cost > COST_ADD; i++) {
		attempt.kinds = search->held_kinds ^ 1u << i;
		if (!(search->held_kinds & search->shortcut_kinds & 1u << i))
			try_attempt(search, &attempt);
	}
}

static void try_all(struct search *search) {
	const struct keymap_table *table = search->table;
	for (unsigned locks = 0; locks < 1u << table->lock_count; locks++) {
		struct attempt attempt = {.locks = locks, .locked = search->now->locked};
		for (size_t i = 0; i < table->lock_count; i++)
			if (locks & (1u << i))
				attempt.locked ^= table->locks[i].mods;
		for (attempt.group = 0; attempt.group < table->groups; attempt.group++) {
			attempt.base_cost = cost_of_locks_and_group(search, &attempt);
			if (attempt.base_cost >= search->best_cost || !can_reach_group(search, attempt.group))
				continue;
			for (unsigned kinds = 0; kinds < 1u << table->kind_count; kinds++) {
				attempt.kinds = kinds;
				if ((search->held_kinds & search->shortcut_kinds & ~kinds) == 0)
					try_attempt(search, &attempt);
			}
		}
	}
}

/* Returns what the best key costs if nothing has to be done before it. */
static int cost_of_best_key(const struct search *search) {
	int least = INT_MAX;
	for (size_t i = 0; i < search->entry_count; i++) {
		int cost = place_costs[keymap_table_place(search->entries[i].code)];
		least = cost < least ? cost : least;
	}
	return least;
}

int keymap_plan_find(const struct keymap_table *table, const struct keymap_now *now, xkb_keysym_t keysym,
	struct keymap_plan *plan) {
	struct search search = {
		.table = table, .now = now, .keysym = keysym, .best_cost = INT_MAX, .best = plan};
	search.entries = keymap_table_find(table, keysym, &search.entry_count);
	if (!search.entries)
		return -1;
	search.state = xkb_state_new(table->keymap);
	if (!search.state)
		return -1;
	search.graphic = keysym_is_graphic(keysym);
	search.least_cost = cost_of_best_key(&search);
	classify_held(&search);
	try_nearest(&search);
	if (search.best_cost > search.least_cost)
		try_all(&search);
	xkb_state_unref(search.state);
	return search.best_cost == INT_MAX ? -1 : search.best_cost;
}
