/* SPDX-License-Identifier: MIT */
/* User copies: good and bad pointers, from anywhere, under every condition. */
#include "kit_test.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/uaccess.h>
#include <linux/slab.h>
#include <uik/mm.h>
#include <uik/trust.h>

#include "kit/poison.h"
#include "kit/usercopy.h"
#include "user_page.h"

/* All laws of a single copy, so that each condition can repeat them. */
static void check_copies(void)
{
	char *p = page_and_hole(), *hole = p + PAGE;
	char buf[300], want[300];
	unsigned long value = 7;
	size_t n, at;

	/* Every length arrives whole. */
	for (n = 0; n <= 256; n++) {
		memset(buf, 0x22, sizeof(buf));
		memset(want, 0x22, sizeof(want));
		for (at = 0; at < n; at++)
			p[at] = want[at] = (char)(n + at);
		assert_int_equal(copy_from_user(buf, p, n), 0);
		assert_memory_equal(buf, want, sizeof(buf));
		assert_int_equal(copy_to_user(p + 512, buf, n), 0);
		assert_memory_equal(p + 512, want, n);
	}
	/* A torn copy moves all bytes before the hole, clears the rest. */
	memset(p, 0x33, PAGE);
	for (n = 1; n <= 140; n++) {
		for (at = 0; at < n; at++) {
			memset(buf, 0x44, n);
			assert_int_equal(copy_from_user(buf, hole - at, n),
					 n - at);
			memset(want, 0x33, at);
			memset(want + at, 0, n - at);
			assert_memory_equal(buf, want, n);
			assert_int_equal(copy_to_user(hole - at, want, n),
					 n - at);
			assert_int_equal(clear_user(hole - at, n), n - at);
			memset(p, 0x33, PAGE);
		}
	}
	/* NULL, unmapped, kernel addresses, wrapping ranges. */
	assert_int_equal(copy_from_user(buf, NULL, 8), 8);
	assert_int_equal(copy_to_user(NULL, buf, 8), 8);
	assert_int_equal(copy_from_user(buf, hole, 40), 40);
	assert_int_equal(copy_from_user(buf, (void *)TASK_SIZE, 1), 1);
	assert_int_equal(copy_from_user(buf, (void *)(TASK_SIZE - 1), 2), 2);
	assert_int_equal(copy_to_user((void *)-8ul, buf, 16), 16);
	assert_int_equal(get_user(value, (unsigned long *)hole), -EFAULT);
	assert_int_equal(value, 0);
	value = 9;
	assert_int_equal(put_user(value, (unsigned long *)p), 0);
	assert_int_equal(get_user(value, (unsigned long *)p), 0);
	assert_int_equal(value, 9);
	/* Read-only memory can be read but not written. */
	assert_int_equal(mprotect(p, PAGE, PROT_READ), 0);
	assert_int_equal(copy_from_user(buf, p, 16), 0);
	assert_int_equal(copy_to_user(p, buf, 16), 16);
	assert_int_equal(clear_user(p, 16), 16);
	page_free(p);
	/* Gone is gone, also where it was good before. */
	assert_int_equal(copy_from_user(buf, p, 16), 16);
}

/* Law: copies move what they can and say what they could not. */
static void copies(void **state)
{
	check_copies();
}

static void *thread_of_another(void *arg)
{
	check_copies();
	return NULL;
}

/* Law: a thread that the library did not make may copy. */
static void any_thread(void **state)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, thread_of_another,
					NULL), 0);
	pthread_join(thread, NULL);
}

static void *thread_all_blocked(void *arg)
{
	char buf[16];
	sigset_t all;

	/* Once with the signals open, so that blocking is a change. */
	assert_int_equal(copy_from_user(buf, NULL, 8), 8);
	sigfillset(&all);
	assert_int_equal(pthread_sigmask(SIG_BLOCK, &all, NULL), 0);
	check_copies();
	return NULL;
}

/* Law: with all signals blocked a bad pointer is still only an error. */
static void signals_blocked(void **state)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, thread_all_blocked,
					NULL), 0);
	pthread_join(thread, NULL);
}

/* What the system says to a copy within the process; 0: it copies. */
static int error_of_call(void)
{
	char from = 1, to = 0;
	struct iovec remote = { &from, 1 }, local = { &to, 1 };

	if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 1)
		return 0;
	return errno;
}

/* Nothing else reaches another process. */
static void skip_without_calls(void)
{
	if (error_of_call() != ENOSYS)
		return;
	print_message("no process_vm_readv() here\n");
	skip();
}

/* From now on those calls fail with @error; false: no filters here. */
static bool refuse_calls(unsigned int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_writev, 0,
			 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* More than a page, from where no page begins, up to the last byte. */
static void check_long_copies(void)
{
	static char there[4 * PAGE], here[4 * PAGE], back[4 * PAGE];
	char *p = page_and_hole();

	for (size_t i = 0; i < sizeof(there); i++)
		there[i] = (char)(i * 7 + i / 256);
	assert_int_equal(copy_from_user(here, there + 9, 3 * PAGE), 0);
	assert_memory_equal(here, there + 9, 3 * PAGE);
	assert_int_equal(copy_to_user(back + 5, here, 3 * PAGE), 0);
	assert_memory_equal(back + 5, here, 3 * PAGE);
	assert_int_equal(copy_from_user(here, p + 1, 2 * PAGE), PAGE + 1);
	assert_int_equal(check_zeroed_user(p, 1), 0);
	page_free(p);
}

static unsigned int refusal;
#define CANNOT_REFUSE SIGUSR1

static void copies_refused(void)
{
	sigset_t all;

	/* A law that does not hold here is a signal. */
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	if (!error_of_call() && !refuse_calls(refusal))
		raise(CANNOT_REFUSE);
	assert_int_not_equal(error_of_call(), 0);
	sigfillset(&all);
	sigdelset(&all, SIGABRT);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	fault_distrust();
	check_copies();
	check_long_copies();
}

static void refused_with(unsigned int error)
{
	int signal;

	if (memcheck_watches())	/* it would report what the calls are for */
		skip();
	refusal = error;
	signal = signal_of(copies_refused);
	if (signal == CANNOT_REFUSE) {
		print_message("no filters of system calls here\n");
		skip();
	}
	assert_int_equal(signal, 0);
}

/* Law: all this holds where process_vm_readv() and its kin are not there. */
static void calls_unknown(void **state)
{
	refused_with(ENOSYS);
}

/* Law: or forbidden. */
static void calls_forbidden(void **state)
{
	refused_with(EPERM);
}

static sigjmp_buf escaped;

static void foreign_handler(int signal)
{
	siglongjmp(escaped, 1);
}

/* Law: a handler that replaced ours is left alone and not needed. */
static void foreign_handler_installed(void **state)
{
	struct sigaction mine = { .sa_handler = foreign_handler }, old;
	struct sigaction now;

	assert_int_equal(sigaction(SIGSEGV, &mine, &old), 0);
	if (sigsetjmp(escaped, 1))
		fail_msg("the client's handler saw our fault");
	check_copies();
	assert_int_equal(sigaction(SIGSEGV, &old, &now), 0);
	assert_ptr_equal(now.sa_handler, foreign_handler);
	check_copies();
}

/* What is there now goes to @before; cmocka has handlers of its own. */
static void put_ours(struct sigaction before[2])
{
	struct sigaction ours[2];
	struct fault_hold hold;

	fault_handler_hold(&hold);
	for (int i = 0; i < 2; i++)
		sigaction(i ? SIGBUS : SIGSEGV, NULL, &ours[i]);
	fault_handler_release(&hold);
	for (int i = 0; i < 2; i++)
		sigaction(i ? SIGBUS : SIGSEGV, &ours[i], &before[i]);
}

/* Law: what is found while trust lasts is believed, and no longer. */
static void trust(void **state)
{
	struct sigaction mine = { .sa_handler = foreign_handler }, before[2];
	char *p = page_and_hole(), byte;

	put_ours(before);
	uik_trust_begin(false);
	check_copies();
	assert_int_equal(uik_trust_end(), !memcheck_watches());
	uik_trust_begin(false);
	assert_false(uik_trust_end());	/* nothing was touched */
	uik_trust_begin(!memcheck_watches());
	assert_int_equal(copy_from_user(&byte, p + PAGE, 1), 1);
	assert_int_equal(copy_from_user(&byte, p, 1), 0);
	uik_trust_end();
	assert_int_equal(sigaction(SIGSEGV, &mine, NULL), 0);
	if (sigsetjmp(escaped, 1))
		fail_msg("the client's handler saw our fault");
	check_copies();
	uik_trust_begin(false);
	check_copies();
	assert_false(uik_trust_end());
	sigaction(SIGSEGV, &before[0], NULL);
	sigaction(SIGBUS, &before[1], NULL);
	munmap(p, 2 * PAGE);
}

/* Law: NULL and its neighbours are found to be bad without a fault. */
static void near_null(void **state)
{
	struct sigaction mine = { .sa_handler = foreign_handler }, old;
	char *p = page_and_hole(), byte = 0;

	if (memcheck_watches())
		return;
	uik_trust_begin(true);	/* so that the handler is not looked at */
	assert_int_equal(copy_from_user(&byte, p, 1), 0);
	sigaction(SIGSEGV, &mine, &old);
	if (sigsetjmp(escaped, 1))
		fail_msg("there was a fault");
	for (uintptr_t at = 0; at < 16 * PAGE; at += PAGE / 2) {
		assert_int_equal(copy_from_user(&byte, (void *)at, 1), 1);
		assert_int_equal(copy_to_user((void *)at, &byte, 1), 1);
	}
	assert_int_equal(sigaction(SIGSEGV, &old, NULL), 0);
	uik_trust_end();
	munmap(p, 2 * PAGE);
}

static volatile sig_atomic_t seen_by_previous;
static volatile char *volatile guarded;

static void previous_handler(int signal, siginfo_t *info, void *context)
{
	seen_by_previous++;
	mprotect((void *)guarded, PAGE, PROT_READ | PROT_WRITE);
}

/*
 * Law: a fault that is not ours reaches the handler that was there before us.
 * Needs a process in which no copy was made yet.
 */
static void chained_in_child(void)
{
	struct sigaction mine = { .sa_sigaction = previous_handler,
				  .sa_flags = SA_SIGINFO };
	char buf[8];

	sigaction(SIGSEGV, &mine, NULL);
	if (copy_from_user(buf, NULL, 8) != 8)
		abort();
	guarded = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	*guarded = 1;	/* faults once, is repaired by the client's handler */
	if (seen_by_previous != 1 || copy_from_user(buf, NULL, 8) != 8)
		abort();
}

static void other_faults_are_chained(void **state)
{
	if (memcheck_watches())	/* it would report the client's fault */
		skip();
	assert_int_equal(signal_of(chained_in_child), 0);
}

static void crash_in_child(void)
{
	char buf[8];

	signal(SIGSEGV, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
	(void)!copy_from_user(buf, NULL, 8);
	raise(SIGSEGV);
}

/* Law: with no handler before us a SIGSEGV sent still kills. */
static void default_still_kills(void **state)
{
	assert_int_equal(signal_of(crash_in_child), SIGSEGV);
}

/* Law: the tail of a longer structure must be zero, whatever comes first. */
static void struct_from_user(void **state)
{
	char *p = page_and_hole(), *hole = p + PAGE;
	char dst[16];
	size_t tail;

	/* Shorter: the rest is zero. */
	memset(dst, 0x55, sizeof(dst));
	memset(p, 0x66, 8);
	assert_int_equal(copy_struct_from_user(dst, 16, p, 8), 0);
	assert_memory_equal(dst, "\x66\x66\x66\x66\x66\x66\x66\x66"
				 "\0\0\0\0\0\0\0\0", 16);
	/* Longer and zero, at every alignment; one byte not zero anywhere. */
	for (tail = 1; tail <= 40; tail++) {
		memset(p, 0, PAGE);
		assert_int_equal(copy_struct_from_user(dst, 16, p + tail,
						       16 + tail), 0);
		p[tail + 16 + tail - 1] = 1;
		assert_int_equal(copy_struct_from_user(dst, 16, p + tail,
						       16 + tail), -E2BIG);
	}
	/* A byte that is not zero comes before an unreadable page... */
	memset(p, 0, PAGE);
	hole[-1] = 1;
	assert_int_equal(copy_struct_from_user(dst, 16, hole - 32, 64),
			 -E2BIG);
	/* ...zeroes do not; and beyond the top of memory nothing is looked at. */
	hole[-1] = 0;
	assert_int_equal(copy_struct_from_user(dst, 16, hole - 32, 64),
			 -EFAULT);
	hole[-1] = 1;
	assert_int_equal(copy_struct_from_user(dst, 16, hole - 32,
					       TASK_SIZE), -EFAULT);
	assert_int_equal(copy_struct_from_user(dst, 16, NULL, 16), -EFAULT);
	page_free(p);
}

/* Law: check_zeroed_user tells zero, not zero and unreadable apart. */
static void zeroed_user(void **state)
{
	char *p = page_and_hole();
	size_t at, n;

	memset(p, 0, PAGE);
	for (at = 0; at < 20; at++)
		for (n = 0; n < 40; n++)
			assert_int_equal(check_zeroed_user(p + at, n), 1);
	for (at = 0; at < 40; at++) {
		p[at] = 1;
		assert_int_equal(check_zeroed_user(p, 40), 0);
		assert_int_equal(check_zeroed_user(p, at), 1);
		assert_int_equal(check_zeroed_user(p + at + 1, 8), 1);
		p[at] = 0;
	}
	assert_int_equal(check_zeroed_user(p + PAGE - 8, 9), -EFAULT);
	assert_int_equal(check_zeroed_user(NULL, 0), 1);
	page_free(p);
}

/* Law: a structure copied out to a longer one leaves its tail zero. */
static void struct_to_user(void **state)
{
	char dst[16], src[16];
	bool cut;

	memset(src, 7, sizeof(src));
	memset(dst, 9, sizeof(dst));
	assert_int_equal(copy_struct_to_user(dst, 16, src, 8, &cut), 0);
	assert_false(cut);
	assert_memory_equal(dst, "\7\7\7\7\7\7\7\7\0\0\0\0\0\0\0\0", 16);
	assert_int_equal(copy_struct_to_user(dst, 4, src, 16, &cut), 0);
	assert_true(cut);
	memset(src + 4, 0, 12);
	assert_int_equal(copy_struct_to_user(dst, 4, src, 16, &cut), 0);
	assert_false(cut);
	assert_int_equal(copy_struct_to_user(NULL, 4, src, 16, NULL), -EFAULT);
}

/* Law: memdup_user gives a block of its own or says why not. */
static void duplicates(void **state)
{
	struct kit_machine m = machine_with(NULL);
	char *copy;

	copy = memdup_user("hello", 6);
	assert_false(IS_ERR(copy));
	assert_string_equal(copy, "hello");
	kfree(copy);
	assert_int_equal(PTR_ERR(memdup_user(NULL, 6)), -EFAULT);
	assert_int_equal(PTR_ERR(memdup_array_user("x", SIZE_MAX, 2)),
			 -EOVERFLOW);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(PTR_ERR(memdup_user("hello", 6)), -ENOMEM);
	uik_fail_nth(1, 1u << UIK_FAIL_COPY, false);
	assert_int_equal(PTR_ERR(memdup_user("hello", 6)), -EFAULT);
	uik_fail_nth(0, 0, false);
	machine_end(m);
}

/* Law: each copy is one failure point, at which nothing is copied. */
static void failure_points(void **state)
{
	char from[8] = "abcdefg", to[8] = "1234567";
	u32 value = 5;

	uik_fail_nth(1, 1u << UIK_FAIL_COPY, false);
	assert_int_equal(copy_to_user(to, from, 8), 8);
	assert_string_equal(to, "1234567");
	assert_int_equal(copy_to_user(to, from, 8), 0);
	assert_string_equal(to, "abcdefg");
	uik_fail_nth(2, 1u << UIK_FAIL_COPY, false);
	assert_int_equal(get_user(value, (u32 *)from), 0);
	assert_int_equal(get_user(value, (u32 *)from), -EFAULT);
	assert_int_equal(value, 0);
	assert_int_equal(copy_struct_from_user(to, 8, from, 8), 0);
	uik_fail_nth(1, 1u << UIK_FAIL_COPY, false);
	assert_int_equal(copy_struct_from_user(to, 8, from, 8), -EFAULT);
	assert_int_equal(uik_fail_nth(0, 0, false), 1);
}

/* Law: current's address space decides whose memory is meant. */
static void foreign_address_space(void **state)
{
	struct mm_struct *own = current->mm, *other;
	static char word[16];	/* the other process writes here, too */
	char back[16] = { 0 };
	int ready[2], done[2];
	pid_t child;

	skip_without_calls();
	strcpy(word, "mine");
	assert_int_equal(pipe(ready) | pipe(done), 0);
	child = fork();
	if (!child) {
		strcpy(word, "child's");
		(void)!write(ready[1], "x", 1);
		(void)!read(done[0], back, 1);
		child_exit(strcmp(word, "written") ? 1 : 0);
	}
	assert_int_equal(read(ready[0], back, 1), 1);
	other = uik_mm_foreign(child);
	assert_non_null(other);
	assert_ptr_equal(uik_mm_foreign(child), other);
	uik_mm_put(other);
	current->mm = other;
	assert_int_equal(copy_from_user(back, word, 8), 0);
	assert_string_equal(back, "child's");
	assert_int_equal(copy_to_user(word, "written", 8), 0);
	assert_int_equal(copy_from_user(back, NULL, 8), 8);
	assert_int_equal(check_zeroed_user(word, 8), 0);
	current->mm = own;
	assert_string_equal(word, "mine");
	assert_true(uik_mm_alive(other));
	(void)!write(done[1], "x", 1);
	assert_int_equal(waitpid(child, &ready[0], 0), child);
	assert_int_equal(WEXITSTATUS(ready[0]), 0);
	assert_false(uik_mm_alive(other));
	uik_mm_put(other);
	assert_null(uik_mm_foreign(child));
}

static struct mm_struct *mm_of_this(void)
{
	return current->mm;
}

/* Law: beyond the end of a file that is mapped there is only an error. */
static void beyond_a_file(void **state)
{
	char name[] = "/tmp/usercopy-XXXXXX", buf[16], *p;
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	unlink(name);
	assert_int_equal(ftruncate(fd, PAGE), 0);
	p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(p, MAP_FAILED);
	assert_int_equal(copy_from_user(buf, p + PAGE - 8, 16), 8);
	assert_int_equal(copy_to_user(p + PAGE - 8, buf, 16), 8);
	assert_int_equal(copy_from_user(buf, p + PAGE, 1), 1);
	assert_false(user_probe(mm_of_this(), (uintptr_t)p + PAGE, false));
	page_free(p);
	close(fd);
}

/* ---- what the client does with the signals ---- */

static volatile sig_atomic_t plain_seen, info_seen;

static void plain_handler(int signal)
{
	plain_seen++;
}

static void info_handler(int signal, siginfo_t *info, void *context)
{
	info_seen++;
}

/* In the child, where cmocka has no business; tells the line. */
#define MUST(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "%s:%d: not so\n", __FILE__, __LINE__); \
			return 1; \
		} \
	} while (0)

static int actions_in_child(int signal)
{
	struct sigaction plain = { .sa_handler = plain_handler };
	struct sigaction info = { .sa_sigaction = info_handler,
				  .sa_flags = SA_SIGINFO };
	struct sigaction once = { .sa_handler = plain_handler,
				  .sa_flags = SA_RESETHAND };
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old, system;
	char buf[8];

	/* No copy was made yet: the system is to be asked. */
	MUST(!fault_client_action(signal, &plain, &old));
	MUST(copy_from_user(buf, NULL, 8) == 8);
	MUST(fault_client_action(signal, &plain, NULL));
	MUST(fault_client_action(signal, NULL, &old));
	MUST(old.sa_handler == plain_handler);
	sigaction(signal, NULL, &system);
	MUST(system.sa_handler != plain_handler);
	raise(signal);
	MUST(plain_seen == 1);
	MUST(fault_client_action(signal, &info, &old));
	MUST(old.sa_handler == plain_handler);
	raise(signal);
	MUST(plain_seen == 1 && info_seen == 1);
	MUST(fault_client_action(signal, &ignore, NULL));
	raise(signal);
	MUST(plain_seen == 1 && info_seen == 1);
	MUST(fault_client_action(signal, &once, NULL));
	raise(signal);
	MUST(plain_seen == 2);
	MUST(fault_client_action(signal, NULL, &old));
	MUST(old.sa_handler == SIG_DFL && !(old.sa_flags & SA_RESETHAND));
	/* Copies were none of these, and go on. */
	MUST(copy_from_user(buf, NULL, 8) == 8);
	MUST(plain_seen == 2 && info_seen == 1);
	/* Who went past us has it for himself. */
	sigaction(signal, &plain, NULL);
	MUST(!fault_client_action(signal, &info, &old));
	sigaction(signal, NULL, &system);
	MUST(system.sa_handler == plain_handler);
	return 0;
}

/* Law: a client's action comes after ours, in the way it asked for. */
static void client_actions(void **state)
{
	static const int signals[] = { SIGSEGV, SIGBUS };
	int status;

	if (memcheck_watches())	/* no handler of ours is there then */
		skip();
	for (int i = 0; i < 2; i++) {
		pid_t child = fork();

		if (!child)
			child_exit(actions_in_child(signals[i]));
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
}

/* ---- probes ---- */

/* All laws of a probe of @mm, where @p is as page_and_hole() makes it. */
static void check_probes(struct mm_struct *mm, char *p)
{
	uintptr_t at = (uintptr_t)p;

	assert_true(user_probe(mm, at, false));
	assert_true(user_probe(mm, at + PAGE - 1, false));
	assert_true(user_probe(mm, at, true));
	assert_false(user_probe(mm, at + PAGE, false));
	assert_false(user_probe(mm, at + PAGE, true));
	assert_false(user_probe(mm, 0, false));
	assert_false(user_probe(mm, 0, true));
}

static void *probe_all_blocked(void *arg)
{
	char *p = arg;
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	check_probes(mm_of_this(), p);
	assert_int_equal(p[0], 0x11);
	mprotect(p, PAGE, PROT_READ);
	assert_true(user_probe(mm_of_this(), (uintptr_t)p, false));
	assert_false(user_probe(mm_of_this(), (uintptr_t)p, true));
	mprotect(p, PAGE, PROT_READ | PROT_WRITE);
	return NULL;
}

/* Law: a probe says what an access would, and changes nothing. */
static void probes(void **state)
{
	char *p = page_and_hole();
	pthread_t thread;

	check_probes(mm_of_this(), p);
	assert_int_equal(p[0], 0x11);
	mprotect(p, PAGE, PROT_READ);
	assert_true(user_probe(mm_of_this(), (uintptr_t)p, false));
	assert_false(user_probe(mm_of_this(), (uintptr_t)p, true));
	mprotect(p, PAGE, PROT_READ | PROT_WRITE);
	assert_int_equal(pthread_create(&thread, NULL, probe_all_blocked, p),
			 0);
	pthread_join(thread, NULL);
	page_free(p);
}

/* Law: of another process, too, which has there what this one had. */
static void foreign_probes(void **state)
{
	struct mm_struct *other;
	int gate[2];
	pid_t child;
	char *p;

	skip_without_calls();
	p = page_and_hole();
	assert_int_equal(pipe(gate), 0);
	child = fork();
	if (!child) {
		close(gate[1]);
		(void)!read(gate[0], gate, 1);
		_exit(p[0] != 0x11);
	}
	close(gate[0]);
	munmap(p, PAGE);
	other = uik_mm_foreign(child);
	assert_non_null(other);
	check_probes(other, p);
	uik_mm_put(other);
	close(gate[1]);
	assert_int_equal(waitpid(child, &gate[0], 0), child);
	assert_int_equal(gate[0], 0);
	munmap(p + PAGE, PAGE);
}

static volatile sig_atomic_t crashes;
static const void *volatile crash_addr;

static void on_crash(const void *addr, const void *pc, const void *frame)
{
	crashes++;
	crash_addr = addr;
}

static void crash_under_hooks(void)
{
	static const struct uik_hooks hooks = { .crash = on_crash };
	struct sigaction mine = { .sa_sigaction = previous_handler,
				  .sa_flags = SA_SIGINFO };
	char buf[8];

	sigaction(SIGSEGV, &mine, NULL);
	uik_hooks_install(&hooks);
	if (copy_from_user(buf, NULL, 8) != 8 || crashes)
		abort();
	guarded = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	*guarded = 1;
	if (crashes != 1 || crash_addr != guarded || seen_by_previous != 1)
		abort();
}

/* Law: hooks hear of faults that are no copy's, before the client does. */
static void crashes_are_told(void **state)
{
	if (memcheck_watches())
		skip();
	assert_int_equal(signal_of(crash_under_hooks), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_actions),	/* no copy before */
		cmocka_unit_test(other_faults_are_chained),
		cmocka_unit_test(default_still_kills),
		cmocka_unit_test(crashes_are_told),
		cmocka_unit_test(copies),
		cmocka_unit_test(any_thread),
		cmocka_unit_test(signals_blocked),
		cmocka_unit_test(calls_unknown),
		cmocka_unit_test(calls_forbidden),
		cmocka_unit_test(foreign_handler_installed),
		cmocka_unit_test(trust),
		cmocka_unit_test(near_null),
		cmocka_unit_test(struct_from_user),
		cmocka_unit_test(zeroed_user),
		cmocka_unit_test(struct_to_user),
		cmocka_unit_test(duplicates),
		cmocka_unit_test(failure_points),
		cmocka_unit_test(foreign_address_space),
		cmocka_unit_test(beyond_a_file),
		cmocka_unit_test(probes),
		cmocka_unit_test(foreign_probes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
