/* `pty LINK [program …]`: a pseudo-terminal whose other end LINK names, joined to standard input and output, or to those of a
 * program. It ends, and the terminal with it, as its standard input or the program does. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

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

static pid_t startProgram(char** arguments, int* toProgram, int* fromProgram)
{
	int in[2];
	int out[2];
	pid_t child;
	if (pipe(in) || pipe(out))
		return -1;
	child = fork();
	if (child == 0) {
		if ((dup2(in[0], 0) < 0) || (dup2(out[1], 1) < 0) || close(in[1]) || close(out[0]))
			_exit(126);
		(void)execvp(arguments[0], arguments);
		_exit(127);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	*toProgram = in[1];
	*fromProgram = out[0];
	return child;
}

int main(int count, char** arguments)
{
	struct termios settings;
	struct pollfd watched[2];
	int master, slave, to = 1, from = 0;
	pid_t child = 0;
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
		child = startProgram(arguments + 2, &to, &from);
		if (child < 0)
			return 1;
	}
	watched[0] = (struct pollfd){ .fd = master, .events = POLLIN };
	watched[1] = (struct pollfd){ .fd = from, .events = POLLIN };
	while (poll(watched, 2, -1) > 0) {
		if ((watched[0].revents & POLLIN) && !copy(master, to))
			break;
		if ((watched[1].revents & (POLLIN | POLLHUP)) && !copy(from, master))
			break;
	}
	(void)unlink(arguments[1]);
	if (child > 0) {
		int status = 0;
		(void)close(to);
		(void)waitpid(child, &status, 0);
		return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	}
	return 0;
}
