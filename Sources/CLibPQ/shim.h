#include <libpq-fe.h>
/* The readiness calls that drive libpq's sockets; the C library's own module leaves them out. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
