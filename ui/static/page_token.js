// Every call of this page carries a token that only a page of this app can read. Actions that cost money require it.
(() => {
  const send = window.fetch.bind(window);
  const page = new URL("page-token", document.baseURI);
  const token = send(page).then((reply) => (reply.ok ? reply.json() : {})).then((found) => found.token ?? "", () => "");
  window.fetch = async (input, init) => {
    const request = input instanceof Request ? input : null;
    const address = new URL(request ? request.url : input, document.baseURI);
    if (address.origin !== page.origin || !address.pathname.includes("/gradio_api/")) return send(input, init);
    const headers = new Headers(init?.headers ?? request?.headers);
    headers.set("x-fgt-page", await token);
    return send(input, { ...init, headers });
  };
})();
