// The shape of litertlm-android 0.18.0's Kotlin API, as far as the kit uses it: names, parameters, defaults and types
// as in LiteRT-LM's sources. It leaves out the runtime: a conversation answers with `FakeModel.reply`.
package com.google.ai.edge.litertlm

object FakeModel {
    var reply: Message = Message.model(Contents.of(""))
    val asked = mutableListOf<String>()
}

sealed class Backend(val name: String) {
    data class CPU(val threadCount: Int? = null) : Backend("CPU")

    class GPU : Backend("GPU")

    data class NPU(val nativeLibraryDir: String = "") : Backend("NPU")
}

enum class ActivationDataType(val value: Int) { FLOAT32(0), FLOAT16(1), INT16(2), INT8(3) }

data class EngineConfig @JvmOverloads constructor(
    val modelPath: String,
    val backend: Backend = Backend.CPU(),
    val visionBackend: Backend? = null,
    val audioBackend: Backend? = null,
    val maxNumTokens: Int? = null,
    val maxNumImages: Int? = null,
    val cacheDir: String? = null,
    val activationDataType: ActivationDataType? = null,
)

data class SamplerConfig(val topK: Int, val topP: Double, val temperature: Double, val seed: Int = 0)

data class ConversationConfig @JvmOverloads constructor(
    val systemInstruction: Contents? = null,
    val initialMessages: List<Message> = listOf(),
    val tools: List<ToolProvider> = listOf(),
    val samplerConfig: SamplerConfig? = null,
    val automaticToolCalling: Boolean = true,
    val extraContext: Map<String, Any> = emptyMap(),
    val prefillPrefaceOnInit: Boolean = false,
    val maxOutputToken: Int? = null,
)

class Engine(val engineConfig: EngineConfig) : AutoCloseable {
    private var initialized = false

    fun isInitialized(): Boolean = initialized

    fun initialize() {
        check(!initialized) { "Engine is already initialized." }
        initialized = true
    }

    fun createConversation(conversationConfig: ConversationConfig = ConversationConfig()): Conversation {
        check(initialized) { "Engine is not initialized." }
        return Conversation(conversationConfig.automaticToolCalling)
    }

    override fun close() {
        check(initialized) { "Engine is not initialized." }
        initialized = false
    }
}

class Conversation(val automaticToolCalling: Boolean = true) : AutoCloseable {
    @JvmOverloads
    fun sendMessage(text: String, extraContext: Map<String, Any> = emptyMap()): Message {
        FakeModel.asked.add(text + extraContext.values.joinToString(""))
        return FakeModel.reply
    }

    override fun close() {}
}

class Message private constructor(val contents: Contents, val toolCalls: List<ToolCall>) {
    override fun toString() = contents.toString()

    companion object {
        fun model(contents: Contents, toolCalls: List<ToolCall> = emptyList()) = Message(contents, toolCalls)
    }
}

class Contents private constructor(val contents: List<Content>) {
    override fun toString() = contents.joinToString("")

    companion object {
        fun of(text: String) = of(Content.Text(text))

        fun of(vararg contents: Content) = of(contents.toList())

        fun of(contents: List<Content>) = Contents(contents)
    }
}

sealed class Content {
    data class Text(val text: String) : Content() {
        override fun toString() = text
    }
}

data class ToolCall(val name: String, val arguments: Map<String, Any?>)

abstract class ToolProvider {
    internal abstract val declaration: String
}

interface OpenApiTool {
    fun getToolDescriptionJsonString(): String

    fun execute(paramsJsonString: String): String
}

interface ToolSet

fun tool(toolSet: ToolSet): ToolProvider = object : ToolProvider() {
    override val declaration = toolSet.toString()
}

fun tool(openApiTool: OpenApiTool): ToolProvider = object : ToolProvider() {
    override val declaration = openApiTool.getToolDescriptionJsonString()
}

fun declarations(tools: List<ToolProvider>) = tools.map { it.declaration.replace("\n", " ") }
