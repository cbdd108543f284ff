// SPDX-License-Identifier: MIT
/*
 * Reading timing profiles.
 */
#include "profile.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define BASE_DEPTH 8
#define MAX_NS 1e9

/* What a value may be; times are in ns. */
struct row {
	const char *group;
	const char *key;
	const char *unit;
	double min;
	double max;
	const char *meaning;
};

#define TIME(g, k, m) { g, k, "ns", 0, MAX_NS, m }

static const struct row rows[LAB_VALUES] = {
	[V_MMIO_READ] = TIME("mmio", "read", "a CPU reads a device register"),
	[V_MMIO_WRITE] = TIME("mmio", "write", "a CPU posts a register write"),
	[V_MMIO_DRAIN] = TIME("mmio", "drain",
			      "a posted write reaches the device"),
	[V_DOORBELL_TO_FETCH] = TIME("device", "doorbell_to_fetch",
				     "a doorbell starts an idle fetcher"),
	[V_FETCH] = TIME("device", "fetch", "memory answers a burst"),
	[V_FETCH_COMMAND] = TIME("device", "fetch_command",
				 "each command of a burst"),
	[V_FETCH_BURST] = { "device", "fetch_burst", "commands", 1, 128,
			    "commands a burst" },
	[V_FETCH_BUFFER] = { "device", "fetch_buffer", "commands", 1, 4096,
			     "fetched and not yet executed, a queue" },
	[V_ARBITER_BATCH] = { "device", "arbiter_batch", "commands", 1, 4096,
			      "commands of a queue before the next queue" },
	[V_SYNC_ROUND_TRIP] = TIME("device", "sync_round_trip",
				   "all TLBs answer a CMD_SYNC"),
	[V_SYNC_SLOTS] = { "device", "sync_slots", "syncs", 1, 1024,
			   "CMD_SYNCs, of different queues, on their way at once" },
	[V_MSI_POLLING] = { "device", "msi_polling", "flag", 0, 1,
			    "on the SMMU's queue CMD_SYNC writes to memory" },
	[V_MSI_WRITE] = TIME("device", "msi_write",
			     "a CMD_SYNC's write is visible in memory"),
	[V_PREFETCH_CFG] = TIME("execute", "prefetch_cfg", "opcode 0x01, 0x02"),
	[V_CFGI_STE] = TIME("execute", "cfgi_ste", "opcode 0x03"),
	[V_CFGI_ALL] = TIME("execute", "cfgi_all", "opcode 0x04"),
	[V_CFGI_CD] = TIME("execute", "cfgi_cd", "opcode 0x05"),
	[V_CFGI_CD_ALL] = TIME("execute", "cfgi_cd_all", "opcode 0x06"),
	[V_TLBI_NH_ALL] = TIME("execute", "tlbi_nh_all", "opcode 0x10"),
	[V_TLBI_NH_ASID] = TIME("execute", "tlbi_nh_asid", "opcode 0x11"),
	[V_TLBI_NH_VA] = TIME("execute", "tlbi_nh_va", "opcode 0x12"),
	[V_TLBI_NH_VAA] = TIME("execute", "tlbi_nh_vaa", "opcode 0x13"),
	[V_TLBI_S12_VMALL] = TIME("execute", "tlbi_s12_vmall", "opcode 0x28"),
	[V_TLBI_S2_IPA] = TIME("execute", "tlbi_s2_ipa", "opcode 0x2a"),
	[V_TLBI_NSNH_ALL] = TIME("execute", "tlbi_nsnh_all", "opcode 0x30"),
	[V_ATC_INV] = TIME("execute", "atc_inv", "opcode 0x40, sending it"),
	[V_RESPONSE] = TIME("execute", "response", "opcode 0x41, 0x44"),
	[V_CMD_SYNC] = TIME("execute", "cmd_sync", "opcode 0x46, sending it"),
	[V_OTHER] = TIME("execute", "other", "every other opcode"),
	[V_ATC_ROUND_TRIP] = TIME("atc", "round_trip",
				  "a device answers an ATC_INV"),
	[V_ATC_OUTSTANDING] = { "atc", "outstanding", "requests", 1, 4096,
				"ATC_INVs on their way at once" },
	[V_INTERRUPT] = TIME("interrupt", "latency",
			     "an interrupt is raised, its handler runs"),
	[V_BUILD] = TIME("cpu", "build", "a CPU writes one command"),
	[V_ATOMIC] = TIME("cpu", "atomic", "an atomic on a line it owns"),
	[V_HANDOVER] = TIME("cpu", "handover",
			    "a lock or cache line comes from another CPU"),
	[V_POLL_READS] = { "cpu", "poll_reads", "reads", 1, 1000,
			   "register polls in a row before a pause" },
	[V_POLL_DELAY] = TIME("cpu", "poll_delay",
			      "the first pause; each next one is twice it"),
	[V_MAP_CALL] = TIME("cpu", "map_call", "mapping, once a call"),
	[V_MAP_PAGE] = TIME("cpu", "map_page", "mapping, each page"),
	[V_UNMAP_CALL] = TIME("cpu", "unmap_call",
			      "unmapping, once a call, no invalidation"),
	[V_UNMAP_PAGE] = TIME("cpu", "unmap_page", "unmapping, each page"),
	[V_EXIT] = TIME("guest", "exit", "a trap reaches the monitor"),
	[V_ENTER] = TIME("guest", "enter", "the monitor resumes the guest"),
	[V_VMM] = TIME("guest", "vmm", "the monitor emulates an access"),
	[V_COPY] = TIME("guest", "copy_command",
			"the monitor reads and checks a command"),
	[V_IOCTL] = TIME("ioctl", "call", "a system call up to the driver"),
	[V_CONVERT] = TIME("ioctl", "convert_command",
			   "the driver checks and converts a command"),
	[V_CONVERT_CHUNK] = { "ioctl", "commands_per_sync", "commands", 1, 4096,
			      "forwarded commands a CMD_SYNC" },
	[V_JITTER] = { "run", "jitter", "percent", 0, 50,
		       "each time is uniform within so much of its value" },
};

/* The files of profiles/ as string literals, made by the build. */
static const char profile_tegra241[] =
#include "tegra241.ini.inc"
	;
static const char profile_fast_exits[] =
#include "tegra241-fast-exits.ini.inc"
	;
static const char profile_many_syncs[] =
#include "tegra241-many-syncs.ini.inc"
	;

static const struct {
	const char *name;
	const char *text;
} builtins[] = {
	{ "tegra241", profile_tegra241 },
	{ "tegra241-fast-exits", profile_fast_exits },
	{ "tegra241-many-syncs", profile_many_syncs },
};

static void G_GNUC_PRINTF(2, 3)
complain(char **out_error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (out_error)
		*out_error = g_strdup_vprintf(format, args);
	va_end(args);
}

/* The key of 'key = value', NULL for other lines. */
static char *key_of(const char *line)
{
	const char *equals = strchr(line, '=');

	if (*line == '#' || *line == '[' || !equals)
		return NULL;
	return g_strchomp(g_strndup(line, equals - line));
}

/* GLib would take the last of two values, and none that is no UTF-8. */
static gboolean is_sound(const char *path, const char *text, char **out_error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, NULL);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	const char *group = "";

	for (unsigned int i = 0; lines[i]; i++) {
		const char *line = g_strstrip(lines[i]);
		g_autofree char *key = key_of(line);

		if (!g_utf8_validate(line, -1, NULL)) {
			complain(out_error, "%s:%u: this is no UTF-8", path,
				 i + 1);
			return FALSE;
		}
		if (*line == '[')
			group = line;
		else if (key && !g_hash_table_add(seen, g_strconcat(
					group, " ", key, NULL))) {
			complain(out_error, "%s:%u: %s %s: is given twice",
				 path, i + 1, group, key);
			return FALSE;
		}
	}
	return TRUE;
}

char *profile_text(const char *path, char **out_error)
{
	g_autoptr(GError) error = NULL;
	char *text;

	for (gsize i = 0; i < G_N_ELEMENTS(builtins); i++)
		if (!strcmp(path ? path : builtins[0].name, builtins[i].name))
			return g_strdup(builtins[i].text);
	if (!g_file_get_contents(path, &text, NULL, &error)) {
		complain(out_error, "%s", error->message);
		return NULL;
	}
	if (is_sound(path, text, out_error))
		return text;
	g_free(text);
	return NULL;
}

static gboolean is_group(const char *line, const char *group)
{
	gsize length = strlen(group);

	return line[0] == '[' && !strncmp(line + 1, group, length) &&
	       line[1 + length] == ']';
}

static gboolean is_key(const char *line, const char *key)
{
	gsize length = strlen(key);

	if (strncmp(line, key, length))
		return FALSE;
	line += length;
	return line[strspn(line, " \t")] == '=';
}

unsigned int profile_line(const char *text, const char *group,
			  const char *key)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	gboolean within = FALSE;
	unsigned int found = 0;

	for (unsigned int i = 0; lines[i]; i++) {
		const char *line = lines[i] + strspn(lines[i], " \t");

		if (*line == '[') {
			within = is_group(line, group);
			if (within && !found)
				found = i + 1;
		} else if (within && key && is_key(line, key)) {
			return i + 1;
		}
	}
	return found;
}

uint64_t profile_ps(const struct uiommufd_lab_profile *profile,
		    enum lab_value value)
{
	gboolean time = !strcmp(rows[value].unit, "ns");

	return llround(profile->value[value] * (time ? 1000 : 1));
}

int profile_key(const char *key)
{
	for (int i = 0; i < LAB_VALUES; i++) {
		gsize length = strlen(rows[i].group);

		if (!strncmp(key, rows[i].group, length) &&
		    key[length] == '.' && !strcmp(key + length + 1, rows[i].key))
			return i;
	}
	return -1;
}

enum lab_value profile_execute(uint8_t opcode)
{
	switch (opcode) {
	case 0x01:
	case 0x02:
		return V_PREFETCH_CFG;
	case 0x03:
	case 0x04:
	case 0x05:
	case 0x06:
		return V_CFGI_STE + opcode - 3;
	case 0x10:
	case 0x11:
	case 0x12:
	case 0x13:
		return V_TLBI_NH_ALL + opcode - 0x10;
	case 0x28:
		return V_TLBI_S12_VMALL;
	case 0x2a:
		return V_TLBI_S2_IPA;
	case 0x30:
		return V_TLBI_NSNH_ALL;
	case 0x40:
		return V_ATC_INV;
	case 0x41:
	case 0x44:
		return V_RESPONSE;
	case 0x46:
		return V_CMD_SYNC;
	default:
		return V_OTHER;
	}
}

/* --- one file -------------------------------------------------------------*/

struct reader {
	const char *path;
	char *text;			/* owned */
	GKeyFile *file;			/* owned */
	char **out_error;
};

static gboolean bad(struct reader *reader, const char *group, const char *key,
		    const char *format, ...) G_GNUC_PRINTF(4, 5);

static gboolean bad(struct reader *reader, const char *group, const char *key,
		    const char *format, ...)
{
	unsigned int line = profile_line(reader->text, group, key);
	g_autofree char *where = line ? g_strdup_printf("%u: ", line) :
					g_strdup(" ");
	g_autofree char *what = NULL;
	va_list args;

	va_start(args, format);
	what = g_strdup_vprintf(format, args);
	va_end(args);
	complain(reader->out_error, "%s:%s[%s] %s%s%s", reader->path, where,
		 group, key ? key : "", key ? ": " : "", what);
	return FALSE;
}

/* GLib names the line's text; find its number. */
static gboolean bad_syntax(struct reader *reader, const GError *error)
{
	g_auto(GStrv) lines = g_strsplit(reader->text, "\n", -1);

	for (unsigned int i = 0; lines[i]; i++) {
		const char *line = g_strstrip(lines[i]);

		if (!*line || *line == '#' ||
		    (*line == '[' && strchr(line, ']')) ||
		    (*line != '[' && *line != '=' && strchr(line, '=')))
			continue;
		complain(reader->out_error, "%s:%u: '%s' is neither a group, "
			 "nor 'key = value', nor a comment", reader->path,
			 i + 1, line);
		return FALSE;
	}
	complain(reader->out_error, "%s: %s", reader->path, error->message);
	return FALSE;
}

static gboolean open_reader(struct reader *reader, const char *path,
			    char **out_error)
{
	g_autoptr(GError) error = NULL;

	*reader = (struct reader){
		.path = path ? path : builtins[0].name,
		.text = profile_text(path, out_error),
		.out_error = out_error,
	};
	if (!reader->text)
		return FALSE;
	reader->file = g_key_file_new();
	if (g_key_file_load_from_data(reader->file, reader->text, -1,
				      G_KEY_FILE_KEEP_TRANSLATIONS, &error))
		return TRUE;
	return bad_syntax(reader, error);
}

static void close_reader(struct reader *reader)
{
	g_free(reader->text);
	if (reader->file)
		g_key_file_free(reader->file);
}

/* 'NUMBER UNIT | SOURCE' */
static gboolean read_value(struct reader *reader, const struct row *row,
			   const char *text, double *out_value,
			   char **out_source)
{
	gsize length = strcspn(text, "|");
	const char *bar = text + length;
	g_autofree char *source = g_strdup(*bar ? bar + 1 : "");
	g_autofree char *unit = NULL;
	double value;
	char *end;

	if (!*g_strstrip(source)) {
		unit = g_strchomp(g_strndup(text, length));
		return bad(reader, row->group, row->key,
			   "no source: '%s | where this is from' or '%s | "
			   "assumed' is needed", unit, unit);
	}
	value = g_ascii_strtod(text, &end);
	unit = g_strstrip(g_strndup(end, bar - end));
	if (end == text || !isfinite(value))
		return bad(reader, row->group, row->key, "'%s' is no number",
			   text);
	if (strcmp(unit, row->unit))
		return bad(reader, row->group, row->key,
			   "the unit is '%s', not '%s'", row->unit, unit);
	if (value < row->min || value > row->max)
		return bad(reader, row->group, row->key,
			   "%.15g is not within %.15g and %.15g", value,
			   row->min, row->max);
	if (strcmp(unit, "ns") && value != floor(value))
		return bad(reader, row->group, row->key,
			   "%.15g is no whole number", value);
	*out_value = value;
	g_free(*out_source);
	*out_source = g_steal_pointer(&source);
	return TRUE;
}

static gboolean read_rows(struct reader *reader,
			  struct uiommufd_lab_profile *profile)
{
	for (int i = 0; i < LAB_VALUES; i++) {
		const struct row *row = &rows[i];
		g_autofree char *text = g_key_file_get_string(
			reader->file, row->group, row->key, NULL);

		if (!text && !profile->source[i])
			return bad(reader, row->group, row->key,
				   "is missing (%s, in %s); what a file does "
				   "not say may come from another: [profile] "
				   "based_on = %s", row->meaning, row->unit,
				   builtins[0].name);
		if (text && !read_value(reader, row, text, &profile->value[i],
					&profile->source[i]))
			return FALSE;
	}
	return TRUE;
}

static gboolean is_known(const char *group, const char *key)
{
	g_autofree char *name = g_strdup_printf("%s.%s", group, key);

	return profile_key(name) >= 0;
}

/* Nothing that would be ignored. */
static gboolean check_keys(struct reader *reader)
{
	g_auto(GStrv) groups = g_key_file_get_groups(reader->file, NULL);

	for (char **group = groups; *group; group++) {
		g_auto(GStrv) keys = NULL;
		gboolean about = !strcmp(*group, "profile");

		if (!strcmp(*group, "design"))
			continue;
		keys = g_key_file_get_keys(reader->file, *group, NULL, NULL);
		for (char **key = keys; *key; key++)
			if (about ? strcmp(*key, "name") &&
					    strcmp(*key, "about") &&
					    strcmp(*key, "based_on") :
				    !is_known(*group, *key))
				return bad(reader, *group, *key,
					   "no such key");
	}
	return TRUE;
}

static gboolean load(struct uiommufd_lab_profile *profile, const char *path,
		     int depth, char **out_error);

/* Reports go by it: the file's name, if it has no other. */
static gboolean read_name(struct reader *reader,
			  struct uiommufd_lab_profile *profile)
{
	char *name = g_key_file_get_string(reader->file, "profile", "name",
					   NULL);

	if (name && !*name) {
		g_free(name);
		return bad(reader, "profile", "name", "is empty");
	}
	g_free(profile->name);
	profile->name = name ? name : g_strdup(reader->path);
	return TRUE;
}

/* A design alone: it is priced by the default profile. */
static gboolean has_design_only(struct reader *reader)
{
	g_auto(GStrv) groups = g_key_file_get_groups(reader->file, NULL);

	for (char **group = groups; *group; group++)
		if (strcmp(*group, "design") && strcmp(*group, "profile"))
			return FALSE;
	return g_key_file_has_group(reader->file, "design");
}

/* A relative name is meant beside the file, unless it is a built-in one. */
static gboolean load_base(struct reader *reader, const char *path,
			  struct uiommufd_lab_profile *profile, int depth)
{
	g_autofree char *base = g_key_file_get_string(reader->file, "profile",
						      "based_on", NULL);
	g_autofree char *folder = NULL, *beside = NULL;

	if (!base && has_design_only(reader))
		base = g_strdup(builtins[0].name);
	if (!base)
		return TRUE;
	if (depth == BASE_DEPTH)
		return bad(reader, "profile", "based_on",
			   "too many profiles based on each other");
	folder = g_path_get_dirname(path ? path : ".");
	beside = g_build_filename(folder, base, NULL);
	return load(profile,
		    g_file_test(beside, G_FILE_TEST_IS_REGULAR) ? beside : base,
		    depth + 1, reader->out_error);
}

static gboolean load(struct uiommufd_lab_profile *profile, const char *path,
		     int depth, char **out_error)
{
	struct reader reader;
	gboolean ok = open_reader(&reader, path, out_error) &&
		      check_keys(&reader) &&
		      load_base(&reader, path, profile, depth) &&
		      read_rows(&reader, profile) &&
		      read_name(&reader, profile);

	close_reader(&reader);
	return ok;
}

struct uiommufd_lab_profile *uiommufd_lab_profile_load(const char *path,
						       char **out_error)
{
	struct uiommufd_lab_profile *profile =
		g_new0(struct uiommufd_lab_profile, 1);

	if (load(profile, path, 0, out_error))
		return profile;
	uiommufd_lab_profile_free(profile);
	return NULL;
}

void uiommufd_lab_profile_free(struct uiommufd_lab_profile *profile)
{
	if (!profile)
		return;
	for (int i = 0; i < LAB_VALUES; i++)
		g_free(profile->source[i]);
	g_free(profile->name);
	g_free(profile);
}

struct uiommufd_lab_profile *
uiommufd_lab_profile_copy(const struct uiommufd_lab_profile *profile,
			  const char *key, double factor)
{
	struct uiommufd_lab_profile *copy;
	int index = key ? profile_key(key) : 0;

	if (index < 0)
		return NULL;
	copy = g_new(struct uiommufd_lab_profile, 1);
	*copy = *profile;
	copy->name = g_strdup(profile->name);
	for (int i = 0; i < LAB_VALUES; i++)
		copy->source[i] = g_strdup(profile->source[i]);
	/* A flag is cleared or set. */
	if (key && !strcmp(rows[index].unit, "flag"))
		copy->value[index] = factor >= 1;
	else if (key)
		copy->value[index] = CLAMP(copy->value[index] * factor,
					   rows[index].min, rows[index].max);
	return copy;
}

unsigned int uiommufd_lab_profile_count(void)
{
	return LAB_VALUES;
}

int uiommufd_lab_profile_value(const struct uiommufd_lab_profile *profile,
			       unsigned int index,
			       struct uiommufd_lab_value *out)
{
	static char *keys[LAB_VALUES];
	static gsize made;

	if (index >= LAB_VALUES)
		return -1;
	if (g_once_init_enter(&made)) {
		for (int i = 0; i < LAB_VALUES; i++)
			keys[i] = g_strdup_printf("%s.%s", rows[i].group,
						  rows[i].key);
		g_once_init_leave(&made, 1);
	}
	*out = (struct uiommufd_lab_value){
		.key = keys[index],
		.unit = rows[index].unit,
		.source = profile->source[index],
		.meaning = rows[index].meaning,
		.value = profile->value[index],
	};
	return 0;
}

const char *
uiommufd_lab_profile_name(const struct uiommufd_lab_profile *profile)
{
	return profile->name;
}
