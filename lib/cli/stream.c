// SPDX-License-Identifier: MIT
/*
 * Loading recorded command streams.
 */
#include "stream.h"

#include <lzma.h>
#include <string.h>

#define COMMAND_BYTES 16
#define STREAM_ERROR g_quark_from_static_string("stream")

/* The built-in stream: real traffic of a Linux 6.12 with ATS devices. */
extern const char builtin_cmdq[], builtin_cmdq_end[];
extern const char builtin_doorbells[], builtin_doorbells_end[];
extern const char builtin_dbcpu[], builtin_dbcpu_end[];

gboolean command_has_sid(const struct command *command)
{
	switch (command_opcode(command)) {
	case OP_PREFETCH_CFG:
	case OP_CFGI_STE:
	case OP_CFGI_CD:
	case OP_CFGI_CD_ALL:
	case OP_ATC_INV:
		return TRUE;
	default:
		return FALSE;
	}
}

static GByteArray *unxz(const char *data, gsize length, const char *name,
			GError **error)
{
	g_autoptr(GByteArray) out = g_byte_array_new();
	lzma_stream xz = LZMA_STREAM_INIT;
	uint8_t chunk[65536];
	lzma_ret ret;

	if (lzma_stream_decoder(&xz, UINT64_MAX, 0) != LZMA_OK) {
		g_set_error(error, STREAM_ERROR, 0, "%s: no memory", name);
		return NULL;
	}
	xz.next_in = (const uint8_t *)data;
	xz.avail_in = length;
	do {
		xz.next_out = chunk;
		xz.avail_out = sizeof(chunk);
		ret = lzma_code(&xz, LZMA_FINISH);
		g_byte_array_append(out, chunk, sizeof(chunk) - xz.avail_out);
	} while (ret == LZMA_OK);
	lzma_end(&xz);
	if (ret != LZMA_STREAM_END) {
		g_set_error(error, STREAM_ERROR, 0,
			    "%s: damaged xz data", name);
		return NULL;
	}
	return g_steal_pointer(&out);
}

static GByteArray *unpack(const char *data, gsize length, const char *name,
			  GError **error)
{
	static const char magic[6] = "\xfd" "7zXZ";
	GByteArray *out;

	if (length >= sizeof(magic) && !memcmp(data, magic, sizeof(magic)))
		return unxz(data, length, name, error);
	out = g_byte_array_sized_new(length);
	return g_byte_array_append(out, (const guint8 *)data, length);
}

static GByteArray *read_file(const char *path, GError **error)
{
	g_autofree char *data = NULL;
	gsize length;

	if (!g_file_get_contents(path, &data, &length, error))
		return NULL;
	return unpack(data, length, path, error);
}

/* The file beside @path whose name ends in @kind instead of 'cmdq'. */
static GByteArray *read_sibling(const char *path, const char *kind,
				GError **error)
{
	const char *at = g_strrstr(path, ".cmdq");
	g_autofree char *sibling = NULL;

	if (!at)
		return NULL;
	sibling = g_strdup_printf("%.*s.%s%s", (int)(at - path), path, kind,
				  at + strlen(".cmdq"));
	if (!g_file_test(sibling, G_FILE_TEST_EXISTS))
		return NULL;
	return read_file(sibling, error);
}

static gboolean take_commands(struct stream *stream, GByteArray *bytes,
			      GError **error)
{
	if (!bytes->len || bytes->len % COMMAND_BYTES) {
		g_set_error(error, STREAM_ERROR, 0,
			    "%s: %u bytes are no whole number of commands",
			    stream->name, bytes->len);
		return FALSE;
	}
	stream->count = bytes->len / COMMAND_BYTES;
	stream->commands = (gpointer)g_byte_array_steal(bytes, NULL);
	for (size_t i = 0; i < stream->count; i++)
		for (int w = 0; w < 2; w++)
			stream->commands[i].word[w] =
				GUINT64_FROM_LE(stream->commands[i].word[w]);
	return TRUE;
}

/* No recorded doorbells: each CMD_SYNC, and the end, rings one. */
static void derive_doorbells(struct stream *stream)
{
	GArray *sizes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	uint32_t size = 0;

	for (size_t i = 0; i < stream->count; i++) {
		size++;
		if (command_opcode(&stream->commands[i]) != OP_CMD_SYNC &&
		    i + 1 < stream->count)
			continue;
		g_array_append_val(sizes, size);
		size = 0;
	}
	stream->doorbell_count = sizes->len;
	stream->doorbells = (uint32_t *)(void *)g_array_free(sizes, FALSE);
}

static gboolean take_doorbells(struct stream *stream, GByteArray *bytes,
			       GError **error)
{
	size_t sum = 0;

	if (!bytes) {
		derive_doorbells(stream);
		return TRUE;
	}
	stream->doorbell_count = bytes->len / sizeof(uint32_t);
	stream->doorbells = (gpointer)g_byte_array_steal(bytes, NULL);
	for (size_t i = 0; i < stream->doorbell_count; i++) {
		stream->doorbells[i] = GUINT32_FROM_LE(stream->doorbells[i]);
		sum += stream->doorbells[i];
	}
	if (sum == stream->count)
		return TRUE;
	g_set_error(error, STREAM_ERROR, 0,
		    "%s: %zu commands, but its doorbells count %zu",
		    stream->name, stream->count, sum);
	return FALSE;
}

static gboolean take_cpus(struct stream *stream, GByteArray *bytes,
			  GError **error)
{
	if (!bytes) {
		stream->cpus = g_malloc0(stream->doorbell_count);
		return TRUE;
	}
	if (bytes->len != stream->doorbell_count) {
		g_set_error(error, STREAM_ERROR, 0,
			    "%s: %zu doorbells, but %u CPU numbers",
			    stream->name, stream->doorbell_count, bytes->len);
		return FALSE;
	}
	stream->cpus = (gpointer)g_byte_array_steal(bytes, NULL);
	return TRUE;
}

static gboolean take_gaps(struct stream *stream, GByteArray *bytes,
			  GError **error)
{
	if (!bytes)
		return TRUE;
	if (bytes->len != stream->doorbell_count * sizeof(uint32_t)) {
		g_set_error(error, STREAM_ERROR, 0,
			    "%s: %zu doorbells, but %u bytes of their times",
			    stream->name, stream->doorbell_count, bytes->len);
		return FALSE;
	}
	stream->gaps_us = (gpointer)g_byte_array_steal(bytes, NULL);
	for (size_t i = 0; i < stream->doorbell_count; i++)
		stream->gaps_us[i] = GUINT32_FROM_LE(stream->gaps_us[i]);
	return TRUE;
}

static gboolean take_all(struct stream *stream, GByteArray *commands,
			 GByteArray *doorbells, GByteArray *cpus,
			 GByteArray *gaps, GError **error)
{
	return take_commands(stream, commands, error) &&
	       take_doorbells(stream, doorbells, error) &&
	       take_cpus(stream, cpus, error) &&
	       take_gaps(stream, gaps, error);
}

static gboolean load_builtin(struct stream *stream, GError **error)
{
	g_autoptr(GByteArray) commands = NULL, doorbells = NULL, cpus = NULL;

	commands = unpack(builtin_cmdq, builtin_cmdq_end - builtin_cmdq,
			  stream->name, error);
	doorbells = unpack(builtin_doorbells,
			   builtin_doorbells_end - builtin_doorbells,
			   stream->name, error);
	cpus = unpack(builtin_dbcpu, builtin_dbcpu_end - builtin_dbcpu,
		      stream->name, error);
	return commands && doorbells && cpus &&
	       take_all(stream, commands, doorbells, cpus, NULL, error);
}

static gboolean load_files(struct stream *stream, GError **error)
{
	g_autoptr(GByteArray) commands = NULL, doorbells = NULL, cpus = NULL;
	g_autoptr(GByteArray) gaps = NULL;
	GError *fault = NULL;

	commands = read_file(stream->name, error);
	if (!commands)
		return FALSE;
	doorbells = read_sibling(stream->name, "doorbells", &fault);
	if (!fault)
		cpus = read_sibling(stream->name, "dbcpu", &fault);
	if (!fault)
		gaps = read_sibling(stream->name, "dbtime", &fault);
	if (fault) {
		g_propagate_error(error, fault);
		return FALSE;
	}
	return take_all(stream, commands, doorbells, doorbells ? cpus : NULL,
			doorbells ? gaps : NULL, error);
}

struct stream *stream_load(const char *path, GError **error)
{
	struct stream *stream = g_new0(struct stream, 1);
	gboolean loaded;

	stream->name = g_strdup(path ? path : "built-in (Linux 6.12, ATS, 4 CPUs)");
	loaded = path ? load_files(stream, error) : load_builtin(stream, error);
	if (loaded)
		return stream;
	stream_free(stream);
	return NULL;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	g_free(stream->name);
	g_free(stream->commands);
	g_free(stream->doorbells);
	g_free(stream->cpus);
	g_free(stream->gaps_us);
	g_free(stream);
}

/* Adds those not seen yet, of all commands or of ATC_INV only. */
static void add_sids(const struct stream *stream, gboolean atc_only,
		     guint limit, GHashTable *seen, GArray *sids)
{
	for (size_t i = 0; i < stream->count && sids->len < limit; i++) {
		const struct command *command = &stream->commands[i];
		uint32_t sid = command->word[0] >> 32;

		if (!command_has_sid(command) ||
		    (atc_only && command_opcode(command) != OP_ATC_INV) ||
		    !g_hash_table_add(seen, GUINT_TO_POINTER(sid)))
			continue;
		g_array_append_val(sids, sid);
	}
}

GArray *stream_sids(const struct stream *stream, guint limit)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	GArray *sids = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	/* Traffic first: a queue's slots are for devices with an ATC. */
	add_sids(stream, TRUE, limit, seen, sids);
	add_sids(stream, FALSE, limit, seen, sids);
	return sids;
}

guint stream_atc_devices(const struct stream *stream)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	g_autoptr(GArray) sids = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	add_sids(stream, TRUE, G_MAXUINT, seen, sids);
	return sids->len;
}
