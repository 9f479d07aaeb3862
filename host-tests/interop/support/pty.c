/* `pty LINK [program …]`: a pseudo-terminal whose other end LINK names, joined to standard input and output. With a program it
 * is the program's terminal, as a UART is a board's console. It ends, and the terminal with it, as its standard input or the
 * program does. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static pid_t gChild;

static int copy(int from, int to)
{
	char bytes[4096];
	ssize_t length = read(from, bytes, sizeof(bytes));
	ssize_t done = 0;
	if (length <= 0)
		return (length < 0) && ((errno == EAGAIN) || (errno == EINTR));
	while (done < length) {
		ssize_t written = write(to, bytes + done, (size_t)(length - done));
		if ((written < 0) && (errno != EINTR))
			return 0;
		if (written > 0)
			done += written;
	}
	return 1;
}

/* Its status. */
static int runProgram(char** arguments, int terminal)
{
	int status = 0;
	gChild = fork();
	if (gChild == 0) {
		if ((dup2(terminal, 0) < 0) || (dup2(terminal, 1) < 0))
			_exit(126);
		(void)execvp(arguments[0], arguments);
		_exit(127);
	}
	if (gChild < 0)
		return 1;
	while ((waitpid(gChild, &status, 0) < 0) && (errno == EINTR))
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void handOn(int number)
{
	if (gChild > 0)
		(void)kill(gChild, number);
}

int main(int count, char** arguments)
{
	struct termios settings;
	struct pollfd watched[2];
	int master, slave;
	if (count < 2)
		return 2;
	master = posix_openpt(O_RDWR | O_NOCTTY);
	if ((master < 0) || grantpt(master) || unlockpt(master))
		return 1;
	/* Kept open: whoever comes and goes at the other end is no hang-up. */
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if ((slave < 0) || tcgetattr(slave, &settings))
		return 1;
	cfmakeraw(&settings);
	if (tcsetattr(slave, TCSANOW, &settings))
		return 1;
	(void)unlink(arguments[1]);
	if (symlink(ptsname(master), arguments[1]))
		return 1;
	if (count > 2) {
		int status;
		(void)signal(SIGTERM, handOn);
#ifdef __linux__
		/* Nobody is left behind by a test that is killed. */
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
		status = runProgram(arguments + 2, master);
		(void)unlink(arguments[1]);
		return status;
	}
	watched[0] = (struct pollfd){ .fd = master, .events = POLLIN };
	watched[1] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	while (poll(watched, 2, -1) > 0) {
		if ((watched[0].revents & POLLIN) && !copy(master, STDOUT_FILENO))
			break;
		if ((watched[1].revents & (POLLIN | POLLHUP)) && !copy(STDIN_FILENO, master))
			break;
	}
	(void)unlink(arguments[1]);
	return 0;
}
