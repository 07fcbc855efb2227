// Gradio's server closes a tab's stream when the last of its events is complete, and its client takes the stream for
// open until it has read so. An event that joins in between is answered into a stream that nobody reads: the question
// hangs. So the client hears that its event has joined only when the open stream has spoken of it, or has ended.
(() => {
  "use strict";
  const PATIENCE = 5000; // ms; a stream that lives for so long without a word of the event will speak of it later
  const fetched = window.fetch;
  let open = null; // the stream that is being read
  let leaving = false; // whether the page is being left, which cuts every stream off
  addEventListener("pagehide", () => (leaving = true));

  window.fetch = async (...request) => {
    const address = String(request[0]?.url ?? request[0]);
    const response = await fetched(...request).catch((error) => {
      if (address.includes("/queue/join")) lost(0);
      throw error;
    });
    if (address.includes("/queue/join") && !response.ok) lost(response.status);
    if (!response.ok) return response;
    if (address.includes("/queue/data?")) return overheard(response);
    if (address.includes("/queue/join") && open) await open.spokenOf((await response.clone().json()).event_id);
    return response;
  };

  // What was to be asked has not arrived, or its answer is cut off; paperchat.js keeps the question.
  const lost = (status) => dispatchEvent(new CustomEvent("paperchat:lost", { detail: status }));

  function overheard(response) {
    const known = new Set();
    const waiting = new Map(); // event → what to do when it is spoken of
    const decoder = new TextDecoder();
    let line = "";
    const stream = {
      spokenOf: (event) =>
        new Promise((settle) => {
          if (known.has(event)) return settle();
          waiting.set(event, settle);
          setTimeout(settle, PATIENCE);
        }),
    };
    open = stream;

    function listen(bytes) {
      const lines = (line + decoder.decode(bytes, { stream: true })).split("\n");
      line = lines.pop();
      for (const { 1: event } of lines.join("\n").matchAll(/"event_id": ?"(\w+)"/g)) {
        known.add(event);
        waiting.get(event)?.();
      }
    }

    function end() {
      if (open === stream) open = null;
      // A task of its own: by then the client has read the last line, too.
      setTimeout(() => waiting.forEach((settle) => settle()), 50);
    }

    const reader = response.body.getReader();
    const body = new ReadableStream({
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            end();
            controller.close();
          } else {
            listen(value);
            controller.enqueue(value);
          }
        } catch (error) {
          end(); // the client leaves a stream by aborting it
          if (error.name !== "AbortError" && !leaving) lost(0);
          controller.error(error);
        }
      },
      cancel(reason) {
        end();
        return reader.cancel(reason);
      },
    });
    return new Response(body, { status: response.status, headers: response.headers });
  }
})();
