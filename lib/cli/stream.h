/* SPDX-License-Identifier: MIT */
/*
 * A recorded command stream: what a kernel wrote into its SMMU queue.
 *
 * NAME.cmdq holds 16-byte commands, little-endian, in queue order.  Beside it
 * NAME.doorbells (u32: how many commands one doorbell made visible) and
 * NAME.dbcpu (u8: the CPU that rang) may lie; without them each CMD_SYNC ends a
 * doorbell rung by CPU 0.  NAME.dbtime (u32: microseconds since the doorbell
 * before) may lie there too.  Each file may be xz-compressed (.xz).
 */
#ifndef CLI_STREAM_H
#define CLI_STREAM_H

#include <glib.h>
#include <stdint.h>

#define OP_PREFETCH_CFG 0x01
#define OP_CFGI_STE 0x03
#define OP_CFGI_ALL 0x04
#define OP_CFGI_CD 0x05
#define OP_CFGI_CD_ALL 0x06
#define OP_TLBI_NH_ALL 0x10
#define OP_TLBI_NH_ASID 0x11
#define OP_TLBI_NH_VA 0x12
#define OP_TLBI_NH_VAA 0x13
#define OP_TLBI_NSNH_ALL 0x30
#define OP_ATC_INV 0x40
#define OP_CMD_SYNC 0x46

struct command {
	uint64_t word[2];
};

struct stream {
	char *name;
	struct command *commands;	/* owned */
	size_t count;
	uint32_t *doorbells;		/* owned; their sum is count */
	uint8_t *cpus;			/* owned; one a doorbell */
	uint32_t *gaps_us;		/* owned; before each; NULL: none */
	size_t doorbell_count;
};

static inline uint8_t command_opcode(const struct command *command)
{
	return command->word[0] & 0xff;
}

/* May a guest-owned queue execute it? */
static inline gboolean command_is_direct(const struct command *command)
{
	uint8_t opcode = command_opcode(command);

	return opcode == OP_TLBI_NH_ASID || opcode == OP_TLBI_NH_VA ||
	       opcode == OP_ATC_INV || opcode == OP_CMD_SYNC;
}

/* Names a StreamID: CFGI_STE, CFGI_CD, CFGI_CD_ALL, PREFETCH_CFG, ATC_INV. */
gboolean command_has_sid(const struct command *command);

/*
 * The stream in @path, or the built-in one for NULL.  NULL with @error naming
 * the file and what is wrong with it.
 */
struct stream *stream_load(const char *path, GError **error);
void stream_free(struct stream *stream);

/* Distinct StreamIDs in order of appearance, at most @limit; owned by caller. */
GArray *stream_sids(const struct stream *stream, guint limit);

/* Devices whose ATCs it invalidates: a queue stops if one is not there. */
guint stream_atc_devices(const struct stream *stream);

#endif
