// The inspector of a Worker: its memory, and where its time goes.

export class Inspector {
  #socket;
  #pending = new Map();
  #context;
  #last = 0;

  static async connect(url) {
    const inspector = new Inspector();
    inspector.#socket = new WebSocket(url);
    inspector.#socket.onmessage = ({ data }) => {
      const { id, result, error, method, params } = JSON.parse(data);
      if (method === "Runtime.executionContextCreated") inspector.#context ??= params.context.id;
      const waiting = inspector.#pending.get(id);
      inspector.#pending.delete(id);
      if (error) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result);
    };
    await new Promise((resolve, reject) => Object.assign(inspector.#socket, { onopen: resolve, onerror: reject }));
    return inspector;
  }

  call(method, params = {}) {
    const id = (this.#last += 1);
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** What is in use after everything unused was collected, in bytes: { heap, wasm }. */
  async memory() {
    await this.call("HeapProfiler.collectGarbage");
    const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = await this.call("Runtime.getHeapUsage");
    return { heap: usedSize + embedderHeapUsedSize + backingStorageSize, wasm: await this.#wasmMemory() };
  }

  // WebAssembly's memory is in none of those figures: found by its prototype.
  async #wasmMemory() {
    if (this.#context === undefined) await this.call("Runtime.enable");
    const expression = "WebAssembly.Memory.prototype";
    const { result: prototype } = await this.call("Runtime.evaluate", { expression, contextId: this.#context });
    const { objects } = await this.call("Runtime.queryObjects", { prototypeObjectId: prototype.objectId });
    const { result } = await this.call("Runtime.callFunctionOn", {
      objectId: objects.objectId,
      functionDeclaration: "function () { return this.reduce((sum, { buffer }) => sum + buffer.byteLength, 0); }",
      returnByValue: true,
    });
    return result.value;
  }

  close() {
    this.#socket.close();
  }
}
