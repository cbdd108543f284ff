// SPDX-License-Identifier: MIT
/*
 * Index arithmetic, doorbells and polling on a VCMDQ page 0 slot.
 */
#include "guest.h"

#include "cli.h"

#define SLOT_WORDS (0x80 / 4)
#define CONS_WORD 0
#define PROD_WORD 1
#define CONFIG_WORD 2
#define STATUS_WORD 3
#define GERROR_WORD 4
#define GERRORN_WORD 5
#define CONS_ERROR_SHIFT 24
#define CONS_ERROR_MASK 0x7f
#define CONS_INDEX_MASK 0xfffff
#define ERROR_FETCH_ABORT 2
#define ERROR_ATC_TIMEOUT 3
/* Ample: the engine's thread may have to wait for a core of a busy host. */
#define TIMEOUT_US (10 * G_USEC_PER_SEC)
#define MAX_SPINS 65536
#define MIN_SPINS 64
/* Yields are cheap where the engine waits for our core, else a nap is due. */
#define YIELDS 8
#define PAUSE_US 20

static uint32_t reg_read(struct guest_queue *queue, guint word)
{
	queue->mmio_reads++;
	return __atomic_load_n(&queue->slot[word], __ATOMIC_ACQUIRE);
}

/* Release: the commands are in memory before the device can see the index. */
static void reg_write(struct guest_queue *queue, guint word, uint32_t value)
{
	queue->mmio_writes++;
	__atomic_store_n(&queue->slot[word], value, __ATOMIC_RELEASE);
}

void guest_queue_init(struct guest_queue *queue, struct vmm *vmm, guint index)
{
	size_t bytes = sizeof(struct command) << vmm->log2_entries;

	*queue = (struct guest_queue){
		.platform = vmm->platform,
		.slot = vmm->page + index * SLOT_WORDS,
		.entries = (struct command *)(void *)(vmm->ram + index * bytes),
		.log2_entries = vmm->log2_entries,
		.spins = MAX_SPINS,
	};
}

/*
 * Nothing came while we looked on: the engine is away, perhaps waiting for
 * this very core, or asleep.
 */
static void give_way(struct guest_queue *queue, guint pauses)
{
	queue->spins = MAX(queue->spins / 4, MIN_SPINS);
	uiommufd_kick(queue->platform);
	if (pauses < YIELDS)
		g_thread_yield();
	else
		g_usleep(PAUSE_US);
}

static gboolean set_enable(struct guest_queue *queue, uint32_t wanted)
{
	gint64 limit = g_get_monotonic_time() + TIMEOUT_US;

	reg_write(queue, CONFIG_WORD, wanted);
	uiommufd_kick(queue->platform);
	for (guint looks = 1; (reg_read(queue, STATUS_WORD) & 1) != wanted;
	     looks++) {
		if (g_get_monotonic_time() > limit) {
			complain(0, "a queue's STATUS does not become %u",
				 wanted);
			return FALSE;
		}
		if (!(looks % MIN_SPINS))
			give_way(queue, looks / MIN_SPINS);
	}
	return TRUE;
}

gboolean guest_queue_enable(struct guest_queue *queue)
{
	return set_enable(queue, 1);
}

gboolean guest_queue_disable(struct guest_queue *queue)
{
	return set_enable(queue, 0);
}

static uint32_t wrap_mask(const struct guest_queue *queue)
{
	return (2u << queue->log2_entries) - 1;
}

static uint32_t used(const struct guest_queue *queue)
{
	return (queue->prod - queue->cons) & wrap_mask(queue);
}

static gboolean is_stopped(struct guest_queue *queue, uint32_t cons)
{
	return cons >> CONS_ERROR_SHIFT & CONS_ERROR_MASK &&
	       (reg_read(queue, GERROR_WORD) ^ reg_read(queue, GERRORN_WORD)) &
		       1;
}

static gboolean mend(struct guest_queue *queue, uint32_t cons)
{
	if (!queue->mends)
		return FALSE;
	queue->mended[cons >> CONS_ERROR_SHIFT & 7]++;
	guest_queue_recover(queue);
	return TRUE;
}

/* Looks at CONS: whether at most @limit commands are outstanding, or stopped. */
static gboolean look(struct guest_queue *queue, uint32_t limit,
		     gboolean *out_stopped)
{
	uint32_t cons = reg_read(queue, CONS_WORD);

	queue->cons = cons & CONS_INDEX_MASK;
	if (used(queue) <= limit)
		return TRUE;
	*out_stopped = is_stopped(queue, cons) && !mend(queue, cons);
	return FALSE;
}

/* Polls CONS until at most @limit commands are outstanding. */
static gboolean wait_used(struct guest_queue *queue, uint32_t limit)
{
	gboolean stopped = FALSE;
	gint64 deadline = 0;

	for (guint pauses = 0;; pauses++) {
		for (guint spins = 0; spins < queue->spins; spins++) {
			if (look(queue, limit, &stopped)) {
				/* It is there: look on for longer next time. */
				if (!pauses && queue->spins < MAX_SPINS)
					queue->spins *= 2;
				return TRUE;
			}
			if (stopped)
				return FALSE;
		}
		if (!deadline)
			deadline = g_get_monotonic_time() + TIMEOUT_US;
		else if (g_get_monotonic_time() > deadline)
			return FALSE;
		give_way(queue, pauses);
	}
}

static void put_entry(struct guest_queue *queue, const struct command *command)
{
	uint32_t index = queue->prod & (wrap_mask(queue) >> 1);

	queue->entries[index].word[0] = GUINT64_TO_LE(command->word[0]);
	queue->entries[index].word[1] = GUINT64_TO_LE(command->word[1]);
	queue->prod = (queue->prod + 1) & wrap_mask(queue);
}

gboolean guest_queue_put(struct guest_queue *queue,
			 const struct command *command)
{
	uint32_t entries = 1u << queue->log2_entries;

	if (used(queue) == entries) {
		guest_queue_doorbell(queue);
		if (!wait_used(queue, entries - 1))
			return FALSE;
	}
	put_entry(queue, command);
	return TRUE;
}

void guest_queue_sync(struct guest_queue *queue)
{
	/* CS none: a guest watches CONS. */
	static const struct command sync = { { OP_CMD_SYNC, 0 } };

	guest_queue_put(queue, &sync);
}

void guest_queue_doorbell(struct guest_queue *queue)
{
	reg_write(queue, PROD_WORD, queue->prod);
}

gboolean guest_queue_wait(struct guest_queue *queue)
{
	return wait_used(queue, 0);
}

gboolean guest_queue_error(struct guest_queue *queue, uint32_t *out_code)
{
	uint32_t cons = reg_read(queue, CONS_WORD);

	*out_code = cons >> CONS_ERROR_SHIFT & CONS_ERROR_MASK;
	return is_stopped(queue, cons);
}

void guest_queue_recover(struct guest_queue *queue)
{
	uint32_t cons = reg_read(queue, CONS_WORD);
	uint32_t index = cons & (wrap_mask(queue) >> 1);
	uint32_t code = cons >> CONS_ERROR_SHIFT & CONS_ERROR_MASK;

	/* After these two the entry is good: it is tried again. */
	if (code != ERROR_FETCH_ABORT && code != ERROR_ATC_TIMEOUT) {
		queue->entries[index].word[0] = GUINT64_TO_LE(OP_CMD_SYNC);
		queue->entries[index].word[1] = 0;
	}
	reg_write(queue, GERRORN_WORD, reg_read(queue, GERROR_WORD));
	uiommufd_kick(queue->platform);
}
