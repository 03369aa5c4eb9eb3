/* The least that FastCGI can do: what every answer costs before anything is looked up. */

#include <fcgiapp.h>

#include <stdlib.h>
#include <string.h>

enum { SIZE_MAX_KIB = 64 };

/* HELLO_BYTES: the size of its page. */
int
main(void)
{
	static char	 page[SIZE_MAX_KIB * 1024];
	const char	*wanted = getenv("HELLO_BYTES");
	size_t		 n = wanted == NULL ? 0 : strtoul(wanted, NULL, 10);
	FCGX_Request	 request;

	if (n >= sizeof(page) || FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0)
		return 1;
	memset(page, 'x', n);
	while (FCGX_Accept_r(&request) == 0)
		if (n == 0)
			FCGX_PutS("Content-Type: text/html; charset=utf-8\r\n\r\n<p>hello</p>\n", request.out);
		else
			FCGX_FPrintF(request.out, "Content-Type: text/html; charset=utf-8\r\nContent-Length: %lu\r\n\r\n%s",
			    (unsigned long)n, page);
	return 0;
}
