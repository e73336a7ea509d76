/*
 * Runs a program where some system calls are refused, as a container's filter refuses them.
 *
 *   refuse CALL,CALL ERRNO PROGRAM ...
 *
 * ERRNO is a number, PROGRAM a path. Filters need no rights and stay with PROGRAM and its children.
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	unsigned number;
} calls[] = {
	{"clone", SYS_clone},
	{"epoll_create1", SYS_epoll_create1},
	{"memfd_create", SYS_memfd_create},
	{"pidfd_open", SYS_pidfd_open},
	{"prctl", SYS_prctl},
	{"renameat2", SYS_renameat2},
};

static unsigned number_of(const char *name)
{
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (!strcmp(calls[i].name, name))
			return calls[i].number;
	fprintf(stderr, "refuse: no number for %s\n", name);
	exit(2);
}

static void refuse(unsigned call, unsigned answer)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) {
		perror("refuse: seccomp");
		exit(77);
	}
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: refuse CALL,CALL ERRNO PROGRAM ...\n");
		return 2;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		perror("refuse: prctl");
		return 77;
	}
	for (char *call = strtok(argv[1], ","); call; call = strtok(NULL, ","))
		refuse(number_of(call), (unsigned)atoi(argv[2]));
	execv(argv[3], argv + 3);
	perror(argv[3]);
	return 127;
}
